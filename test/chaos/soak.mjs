// Runs calls, one in a hundred a bomb, and shows that memory, handles and timers stay flat: as a
// table, and as an SVG. Usage: node --expose-gc test/chaos/soak.mjs [calls=5000000]
// [file=benchmarks/results/soak.svg] [budget MiB=the default]
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { createHost } from '@sandglass/host';

import { drawSoak } from './draw-soak.mjs';
import { findGrowth } from './find-growth.mjs';
import { operationManifest } from './operation-manifest.mjs';

const total = Number(process.argv[2] ?? 5_000_000);
const file = process.argv[3] ?? 'benchmarks/results/soak.svg';
const budget = process.argv[4] && { maxMemoryBytes: Number(process.argv[4]) * 2 ** 20 };
const IN_FLIGHT = 64;
const BOMB_EVERY = 100;
const SAMPLES = 40;
const PROGRESS_MS = 30_000;
const LIMITS = { cpuTimeMs: 1_000, memoryLimitBytes: 8 << 20 };

/**
 * One of each way to end, in turn. Only the first costs its whole limit, so it has a small one: at
 * 5,000,000 calls, 10,000 times 5 ms.
 */
const BOMBS = [
  { body: 'for (;;);', limits: { cpuTimeMs: 5 } },
  { body: 'const f = () => f() + 1; return f();' },
  { body: `const a = []; for (;;) a.push('x'.repeat(100_000) + a.length);` },
  { body: `throw new Error('bang');` },
  { body: 'return () => 1;' },
];
const EXPECTED = ['E_CPU', 'E_STACK', 'E_MEMORY', 'E_GUEST', 'E_CLONE'];

const host = await createHost({ pool: { maxThreads: 2, minThreads: 2, ...budget }, limits: LIMITS });
const source = (id, body) => `export default { id: '${id}', handler: (value) => { ${body} } };`;
await host.load({ manifest: operationManifest('work', {}), source: source('work', 'return value;') });
for (const [index, { body, limits = {} }] of BOMBS.entries()) {
  const id = `bomb-${index}`;
  await host.load({ manifest: operationManifest(id, {}), source: source(id, body) }, { limits });
}

const startedMs = performance.now();
const secondsSoFar = () => (performance.now() - startedMs) / 1_000;
const samples = [];
let mostCharged = 0;
function sample(calls) {
  globalThis.gc?.();
  mostCharged = Math.max(mostCharged, host.stats().memoryBytes);
  const kinds = process.getActiveResourcesInfo();
  const isTimer = (kind) => kind === 'Timeout' || kind === 'Immediate';
  samples.push({
    calls,
    seconds: Math.round(secondsSoFar()),
    'rss MiB': Math.round(process.memoryUsage().rss / 2 ** 20),
    'heap MiB': Math.round(process.memoryUsage().heapUsed / 2 ** 20),
    timers: kinds.filter(isTimer).length,
    handles: kinds.filter((kind) => !isTimer(kind)).length,
    restores: host.stats().restores,
  });
}

const counts = {};
const unexpected = new Map();
let next = 0;
let nextSample = 0;
const progress = setInterval(() => console.error(`${next} calls, ${Math.round(secondsSoFar())} s`), PROGRESS_MS);
await Promise.all(
  Array.from({ length: IN_FLIGHT }, async () => {
    while (next < total) {
      if (next >= nextSample) {
        sample(next);
        nextSample += total / SAMPLES;
      }
      const id = ++next;
      const bomb = id % BOMB_EVERY === 0 ? (id / BOMB_EVERY) % BOMBS.length : undefined;
      const how = await host.operation(bomb === undefined ? 'work' : `bomb-${bomb}`, { id }).then(
        () => 'ok',
        (error) => error.code ?? String(error),
      );
      counts[how] = (counts[how] ?? 0) + 1;
      const expected = bomb === undefined ? 'ok' : EXPECTED[bomb];
      if (how !== expected) unexpected.set(`${how} in place of ${expected}`, id);
    }
  }),
);
sample(total);
clearInterval(progress);
const seconds = secondsSoFar();
const { accepted, settled, queued, running, kills, lost, maxMemoryBytes } = host.stats();
await host.close(0);

console.table(samples);
console.log({ ...counts, kills, lost, seconds: Math.round(seconds), callsPerSecond: Math.round(total / seconds) });
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, drawSoak(samples));

const settlements = Object.values(settled).reduce((sum, count) => sum + count, 0);
const problems = [
  ...findGrowth(samples),
  ...[...unexpected].map(([what, id]) => `${what}, call ${id}`),
  ...(mostCharged <= maxMemoryBytes ? [] : [`${mostCharged} bytes charged, ${maxMemoryBytes} allowed`]),
  ...(settlements + queued + running === accepted ? [] : [`${accepted} accepted, ${settlements} settled`]),
];
for (const problem of problems) console.log(`NOT SOUND: ${problem}`);
if (problems.length === 0) console.log('flat: memory, handles and timers');
process.exitCode = problems.length === 0 ? 0 : 1;
