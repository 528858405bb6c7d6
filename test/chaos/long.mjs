// Kills a worker thread every 50 ms, as long as two others are up, while calls run, and prints what an outside ledger saw.
// Usage: node test/chaos/long.mjs [calls=1000000]
import { createServer } from 'node:http';

import { createHost } from '@sandglass/host';

const total = Number(process.argv[2] ?? 1_000_000);
const KILL_EVERY_MS = 50;
const IN_FLIGHT = 64;
/** One call in this many has an effect: a request to the ledger. */
const EFFECT_EVERY = 20;

const effects = new Map();
const server = createServer((request, response) => {
  const id = Number(request.url.slice(1));
  effects.set(id, (effects.get(id) ?? 0) + 1);
  response.end('"done"');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address();

const threads = new Set();
process.on('worker', (worker) => {
  threads.add(worker);
  worker.once('exit', () => threads.delete(worker));
});

const host = await createHost({
  pool: { maxThreads: 4, minThreads: 4 },
  request: {
    lookup: (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    allowAddresses: ['127.0.0.1'],
  },
});
await host.load({
  manifest: {
    name: 'work',
    version: '1.0.0',
    'directus:extension': {
      type: 'operation',
      path: { app: 'app.js', api: 'api.js' },
      source: { app: 'app.js', api: 'api.js' },
      host: '^10.0.0',
      sandbox: { enabled: true, requestedScopes: { request: { urls: ['http://ledger.test:*/*'], methods: ['GET'] } } },
    },
  },
  source: `import { request } from 'directus:api';
export default { id: 'work', handler: async ({ id, effect }) => effect ? (await request('http://ledger.test:${port}/' + id)).data : id };`,
});

let kills = 0;
const killer = setInterval(() => {
  const up = host.stats().lanes.filter(({ state }) => state === 'ready').length;
  const [worker] = threads;
  if (!worker || up < 3) return;
  threads.delete(worker);
  kills += 1;
  void worker.terminate();
}, KILL_EVERY_MS);

const settlements = new Uint8Array(total + 1); // by the caller's own count
const counts = {};
let next = 0;
const startedMs = performance.now();
await Promise.all(
  Array.from({ length: IN_FLIGHT }, async () => {
    while (next < total) {
      const id = ++next;
      const how = await host.operation('work', { id, effect: id % EFFECT_EVERY === 0 }).then(
        () => 'ok',
        (error) => error.code ?? String(error),
      );
      settlements[id] += 1;
      counts[how] = (counts[how] ?? 0) + 1;
    }
  }),
);
const seconds = (performance.now() - startedMs) / 1_000;
clearInterval(killer);

const lost = settlements.slice(1).filter((count) => count === 0).length;
const doubled = [...effects.values()].filter((count) => count > 1).length;
const { accepted, settled, reruns, queued, running } = host.stats();
// A promise settles once whatever the pool does, so that this is the pool's own count.
const twice = Object.values(settled).reduce((sum, count) => sum + count, 0) + queued + running - accepted;
const rows = {
  calls: total,
  ...counts,
  lost,
  'settled twice': twice,
  effects: effects.size,
  'effects doubled': doubled,
  'workers killed': kills,
  'runs begun again': reruns,
  'still queued or running': queued + running,
  seconds: seconds.toFixed(1),
  'calls per second': Math.round(total / seconds),
};
for (const [name, value] of Object.entries(rows)) console.log(`${name.padEnd(24)}${String(value).padStart(12)}`);

await host.close(0);
server.closeAllConnections();
server.close();
process.exitCode = lost === 0 && twice === 0 && doubled === 0 ? 0 : 1;
