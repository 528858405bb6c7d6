// Kills a worker thread every 50 ms while calls run, whatever it is at: starting, idle, or in the
// middle of a call. Prints what an outside ledger saw. Usage: node test/chaos/long.mjs
// [calls=1000000] [threads=8] [budget MiB=the default]
import { createServer } from 'node:http';

import { createHost } from '@sandglass/host';

import { operationManifest } from './operation-manifest.mjs';

const total = Number(process.argv[2] ?? 1_000_000);
/** More than cores: a thread that is killed every 50 ms has to find others that are up. */
const threadCount = Number(process.argv[3] ?? 8);
const budget = process.argv[4] && { maxMemoryBytes: Number(process.argv[4]) * 2 ** 20 };
const KILL_EVERY_MS = 50;
const IN_FLIGHT = 64;
/** One call in this many has an effect: a request to the ledger. */
const EFFECT_EVERY = 20;
const PROGRESS_MS = 10_000;

const effects = new Uint8Array(total + 1); // by call
const server = createServer((request, response) => {
  effects[Number(request.url.slice(1))] += 1;
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
  pool: { maxThreads: threadCount, minThreads: threadCount, ...budget },
  request: {
    lookup: (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    allowAddresses: ['127.0.0.1'],
  },
});
await host.load({
  manifest: operationManifest('work', { request: { urls: ['http://ledger.test:*/*'], methods: ['GET'] } }),
  source: `import { request } from 'directus:api';
export default { id: 'work', handler: async ({ id, effect }) => effect ? (await request('http://ledger.test:${port}/' + id)).data : id };`,
});

/** The same victims in each run, as far as the same threads live. */
let seed = 1;
function choose(list) {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return list[seed % list.length];
}

let kills = 0;
let ticksWithoutThread = 0;
const startedMs = performance.now();
const elapsedMs = () => performance.now() - startedMs;
const killer = setInterval(() => {
  // A busy event loop drops ticks of a timer: they are made up for.
  while (kills + ticksWithoutThread < Math.floor(elapsedMs() / KILL_EVERY_MS)) {
    const victim = choose([...threads]);
    if (!victim) {
      ticksWithoutThread += 1;
      continue;
    }
    threads.delete(victim);
    kills += 1;
    void victim.terminate();
  }
}, KILL_EVERY_MS);

const settlements = new Uint8Array(total + 1); // by the caller's own count
const counts = {};
let lostWithoutEffect = 0;
let next = 0;
const progress = setInterval(
  () => console.error(`${next} calls, ${kills} kills, ${Math.round(elapsedMs() / 1_000)} s`),
  PROGRESS_MS,
);
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
      if (how === 'E_WORKER_LOST' && effects[id] === 0) lostWithoutEffect += 1;
    }
  }),
);
const seconds = elapsedMs() / 1_000;
clearInterval(killer);
clearInterval(progress);

const count = (list, test) => list.reduce((sum, value) => sum + Number(test(value)), 0);
const lost = count(settlements.subarray(1), (times) => times === 0);
const doubled = count(effects, (times) => times > 1);
const { accepted, settled, reruns, queued, running, memoryBytes, maxMemoryBytes } = host.stats();
// A promise settles once whatever the pool does, so that this is the pool's own count.
const twice = Object.values(settled).reduce((sum, each) => sum + each, 0) + queued + running - accepted;
const untyped = Object.keys(counts).filter((how) => how !== 'ok' && !/^E_[A-Z_]+$/.test(how));
const rows = {
  calls: total,
  ...counts,
  'lost with no effect': lostWithoutEffect,
  lost,
  'settled twice': twice,
  'calls with an effect': count(effects, (times) => times > 0),
  'effects doubled': doubled,
  'workers killed': kills,
  'ticks without a worker': ticksWithoutThread,
  'ms between kills': Math.round((seconds * 1_000) / kills),
  'runs begun again': reruns,
  'still queued or running': queued + running,
  'MiB charged, of': `${Math.round(memoryBytes / 2 ** 20)}, ${Math.round(maxMemoryBytes / 2 ** 20)}`,
  seconds: seconds.toFixed(1),
  'CPU seconds': (process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6).toFixed(1),
  'calls per second': Math.round(total / seconds),
};
for (const [name, value] of Object.entries(rows)) console.log(`${name.padEnd(24)}${String(value).padStart(12)}`);

await host.close(0);
server.closeAllConnections();
server.close();
const isWithin = memoryBytes <= maxMemoryBytes;
process.exitCode = isWithin && lost === 0 && twice === 0 && doubled === 0 && untyped.length === 0 ? 0 : 1;
