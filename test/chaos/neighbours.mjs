// What the bombs of the corpus `exhaustion` cost their neighbours: latencies of calls beside them,
// against a quiet run. Usage: node test/chaos/neighbours.mjs [callers=4] [pauseMs=1] Without a
// pause, callers alone keep two cores busy, and what a bomb takes of them is the scheduler's to
// share out.
import { readdirSync, readFileSync } from 'node:fs';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

import { createHost } from '@sandglass/host';

import { toOperation } from '../engine/to-operation.mjs';
import { operationManifest } from './operation-manifest.mjs';

const callers = Number(process.argv[2] ?? 4);
const pauseMs = Number(process.argv[3] ?? 1);
const FOLDER = new URL('../corpus/exhaustion/', import.meta.url);
const QUIET_MS = 5_000;
const LIMITS = { cpuTimeMs: 150, wallTimeMs: 650, loadTimeMs: 300, memoryLimitBytes: 16 << 20 };
/** What a bomb may take beyond its limit. */
const SLACK_MS = 250;
const MAX_RATIO = 3;
const SCOPES = { log: {}, sleep: {}, request: { urls: ['http://127.0.0.1:*/*'], methods: ['GET'] } };

const host = await createHost({ pool: { maxThreads: 2, minThreads: 2 }, onError: () => {} });
await host.load({
  manifest: operationManifest('work', {}),
  source: `export default { id: 'work', handler: ({ n }) => n + 1 };`,
});

/** Lets neighbours call until `until` resolves. */
async function work(until) {
  const latencyUs = createHistogram();
  let failures = 0;
  const over = new AbortController();
  const ended = until.finally(() => over.abort());
  const caller = async () => {
    for (let n = 0; !over.signal.aborted; n++) {
      const startedMs = performance.now();
      const value = await host.operation('work', { n }).catch(() => undefined);
      latencyUs.record(Math.max(Math.round((performance.now() - startedMs) * 1_000), 1));
      if (value !== n + 1) failures += 1;
      if (pauseMs > 0) await delay(pauseMs);
      else if (n % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all([ended, ...Array.from({ length: callers }, caller)]);
  const at = (percent) => latencyUs.percentile(percent);
  return { calls: latencyUs.count, failures, 'p50 µs': at(50), 'p99 µs': at(99), 'max µs': latencyUs.max };
}

/** Explodes every bomb, one after the other; returns those that took longer than they may. */
async function explodeAll() {
  const late = [];
  const timed = async (what, limitMs, run) => {
    const startedMs = performance.now();
    await run().catch(() => {});
    const tookMs = performance.now() - startedMs;
    if (tookMs > limitMs + SLACK_MS) late.push(`${what}: ${Math.round(tookMs)} ms`);
  };
  for (const name of readdirSync(FOLDER).filter((each) => each.endsWith('.js'))) {
    const source = toOperation(readFileSync(new URL(name, FOLDER), 'utf8'));
    const manifest = operationManifest(name.replace('.js', ''), SCOPES);
    let id;
    await timed(`${name}, load`, LIMITS.loadTimeMs, async () => {
      const { registrations } = await host.load({ manifest, source }, { limits: LIMITS });
      id = registrations[0].id;
    });
    if (id === undefined) continue;
    await timed(name, LIMITS.wallTimeMs, () => host.operation(id));
    await host.unload(manifest.name);
  }
  return late;
}

const quietTime = () => new Promise((resolve) => setTimeout(resolve, QUIET_MS));
await work(quietTime()); // warms up
await work(explodeAll()); // and what bombs need: a compiler that is at work is not what is measured
const before = await work(quietTime());
let late = [];
const beside = await work(explodeAll().then((bombs) => (late = bombs)));
const after = await work(quietTime());
const { kills, lost } = host.stats();
await host.close(0);

console.table({ quiet: before, 'beside bombs': beside, 'quiet again': after });
const quietP99 = Math.max(before['p99 µs'], after['p99 µs']);
const ratio = beside['p99 µs'] / quietP99;
console.log(`p99 beside bombs is ${ratio.toFixed(2)} times that of the quiet run (at most ${MAX_RATIO})`);
console.log(
  `${kills} threads ended by the watchdog, ${lost} lost, ${late.length} bombs late: ${late.join(', ') || 'none'}`,
);
process.exitCode = ratio <= MAX_RATIO && beside.failures === 0 && late.length === 0 ? 0 : 1;
