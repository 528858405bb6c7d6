// An owner of `chaos.mjs`. Makes its calls, each with a number of its own, and prints what it has
// counted.
import { createHost } from '@sandglass/host';

import { operationManifest } from '../chaos/operation-manifest.mjs';

const { url, owner, calls, ledger } = JSON.parse(process.argv[2]);
const IN_FLIGHT = 256;
/** One call in this many has an effect: a request to the ledger. */
const EFFECT_EVERY = 10;
const PROGRESS_MS = 10_000;

const host = await createHost({
  pool: { maxThreads: 0 },
  fleet: { servers: url },
  limits: { wallTimeMs: 60_000 },
  request: {
    lookup: (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    allowAddresses: ['127.0.0.1'],
  },
});
await host.load({
  manifest: operationManifest('work', {
    sleep: {},
    request: { urls: ['http://ledger.test:*/*'], methods: ['GET'] },
  }),
  source: `import { request, sleep } from 'directus:api';
export default { id: 'work', handler: async ({ id, effect }) => {
  await sleep(id % 20);
  return effect ? (await request('http://ledger.test:${ledger}/${owner}/' + id)).data : id;
} };`,
});

const counts = {};
let [next, lostWithoutEffect] = [0, 0];
const progress = setInterval(() => console.log(`${next} calls`), PROGRESS_MS);
await Promise.all(
  Array.from({ length: IN_FLIGHT }, async () => {
    while (next < calls) {
      const id = ++next;
      const effect = id % EFFECT_EVERY === 0;
      const how = await host.operation('work', { id, effect }).then(
        () => 'ok',
        (error) => error.code ?? String(error),
      );
      counts[how] = (counts[how] ?? 0) + 1;
      if (how === 'E_WORKER_LOST' && !effect) lostWithoutEffect += 1;
    }
  }),
);
clearInterval(progress);
const { accepted, settled, queued, running, reruns } = host.stats();
// a promise settles once whatever the pool does: this is the pool's own count
const twice = Object.values(settled).reduce((sum, each) => sum + each, 0) + queued + running - accepted;
console.log(JSON.stringify({ counts, twice, lostWithoutEffect, reruns }));
await host.close(0);
