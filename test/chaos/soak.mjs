// Runs calls, one in a hundred a bomb, and shows that memory, handles and timers stay flat: as a table, and as an SVG.
// Usage: node test/chaos/soak.mjs [calls=5000000] [file.svg]
import { writeFileSync } from 'node:fs';

import { createHost } from '@sandglass/host';

import { drawSoak } from './draw-soak.mjs';

const total = Number(process.argv[2] ?? 5_000_000);
const file = process.argv[3];
const IN_FLIGHT = 64;
const BOMB_EVERY = 100;
const SAMPLES = 20;

const manifest = (name) => ({
  name,
  version: '1.0.0',
  'directus:extension': {
    type: 'operation',
    path: { app: 'app.js', api: 'api.js' },
    source: { app: 'app.js', api: 'api.js' },
    host: '^10.0.0',
    sandbox: { enabled: true, requestedScopes: { sleep: {}, log: {} } },
  },
});

/** One of each way to end, in turn. */
const BOMBS = [
  'for (;;);',
  'const f = () => f() + 1; return f();',
  `const a = []; for (;;) a.push('x'.repeat(100_000) + a.length);`,
  `throw new Error('bang');`,
  'return () => 1;',
];

const host = await createHost({
  pool: { maxThreads: 2, minThreads: 2 },
  limits: { cpuTimeMs: 50, memoryLimitBytes: 8 << 20 },
});
await host.load({ manifest: manifest('work'), source: `export default { id: 'work', handler: (value) => value };` });
for (const [index, body] of BOMBS.entries()) {
  const source = `export default { id: 'bomb-${index}', handler: () => { ${body} } };`;
  await host.load({ manifest: manifest(`bomb-${index}`), source });
}

const samples = [];
function sample(calls) {
  globalThis.gc?.();
  const kinds = process.getActiveResourcesInfo();
  samples.push({
    calls,
    'rss MiB': Math.round(process.memoryUsage().rss / 2 ** 20),
    'heap MiB': Math.round(process.memoryUsage().heapUsed / 2 ** 20),
    timers: kinds.filter((kind) => kind === 'Timeout' || kind === 'Immediate').length,
    handles: kinds.filter((kind) => kind !== 'Timeout' && kind !== 'Immediate').length,
    restores: host.stats().restores,
  });
}

const counts = {};
let next = 0;
let nextSample = 0;
const startedMs = performance.now();
await Promise.all(
  Array.from({ length: IN_FLIGHT }, async () => {
    while (next < total) {
      if (next >= nextSample) {
        sample(next);
        nextSample += total / SAMPLES;
      }
      const id = ++next;
      const name = id % BOMB_EVERY === 0 ? `bomb-${(id / BOMB_EVERY) % BOMBS.length}` : 'work';
      const how = await host.operation(name, { id }).then(
        () => 'ok',
        (error) => error.code ?? String(error),
      );
      counts[how] = (counts[how] ?? 0) + 1;
    }
  }),
);
sample(total);
const seconds = (performance.now() - startedMs) / 1_000;
await host.close(0);

console.table(samples);
console.log({ ...counts, seconds: Math.round(seconds), callsPerSecond: Math.round(total / seconds) });
if (file) writeFileSync(file, drawSoak(samples));

// The first quarter warms up: caches, the compiler's code, sandboxes kept for bursts.
const warm = samples[Math.floor(samples.length / 4)];
const last = samples.at(-1);
const isFlat =
  last['rss MiB'] < warm['rss MiB'] * 1.25 && last.handles <= warm.handles + 4 && last.timers <= warm.timers + 4;
console.log(isFlat ? 'flat' : 'NOT FLAT');
process.exitCode = isFlat ? 0 : 1;
