// Calls that fill memory and wait, far more than there is memory for, beside a neighbour: what they
// come to, what the process takes, and how late the neighbour is against a quiet run. Usage: node
// test/chaos/hold.mjs [calls=10000] [MiB of each=20] [seconds=2] [budget MiB=the default]
// [inline|persistent] In a container of 1 GiB: systemd-run --scope -p MemoryMax=1G node
// test/chaos/hold.mjs
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

import { createHost } from '@sandglass/host';

import { operationManifest } from './operation-manifest.mjs';

const [calls = 10_000, mib = 20, seconds = 2, budgetMib] = process.argv.slice(2, 6).map(Number);
const kind = process.argv[6];
const QUIET_MS = 3_000;
const PAUSE_MS = 1;
const IDLE_TIMEOUT_MS = 5_000;
const MAX_RATIO = 3;
const MAX_OVER = 1.15;
const MAX_LEFT = 1.3;

const pool = {
  inline: kind === 'inline',
  idleTimeoutMs: IDLE_TIMEOUT_MS,
  ...(budgetMib && { maxMemoryBytes: budgetMib * 2 ** 20 }),
};
const host = await createHost({ pool, onError: () => {} });
const hoard = `globalThis.u = new Uint8Array(${mib} * 2 ** 20).fill(7); await sleep(${seconds * 1_000}); return u.at(-1);`;
const isolation = kind === 'persistent' ? 'persistent' : 'pristine';
for (const [id, body, scopes] of [
  ['hoard', hoard, { sleep: {} }],
  ['neighbour', 'return n + 1;', {}],
]) {
  const source = `import { sleep } from 'directus:api'; export default { id: '${id}', handler: async ({ n }) => { ${body} } };`;
  await host.load(
    { manifest: operationManifest(id, scopes), source },
    { isolation: id === 'hoard' ? isolation : 'pristine' },
  );
}

/** Calls the neighbour until a promise settles. */
async function visit(until) {
  const latencyUs = createHistogram();
  let failures = 0;
  const over = new AbortController();
  void until.finally(() => over.abort());
  for (let n = 0; !over.signal.aborted; n++) {
    const startedMs = performance.now();
    const value = await host.operation('neighbour', { n }).catch(() => undefined);
    latencyUs.record(Math.max(Math.round((performance.now() - startedMs) * 1_000), 1));
    if (value !== n + 1) failures += 1;
    await delay(PAUSE_MS);
  }
  return { calls: latencyUs.count, failures, 'p50 µs': latencyUs.percentile(50), 'p99 µs': latencyUs.percentile(99) };
}

const rss = () => process.memoryUsage.rss();
const peak = { rss: 0, charged: 0 };
const sampler = setInterval(() => {
  peak.rss = Math.max(peak.rss, rss());
  peak.charged = Math.max(peak.charged, host.stats().memoryBytes);
}, 20);

await visit(delay(QUIET_MS / 3));
const quiet = await visit(delay(QUIET_MS));
const before = { rss: rss(), charged: host.stats().memoryBytes };
const settled = {};
const startedMs = performance.now();
const burst = Promise.all(
  Array.from({ length: calls }, () =>
    host.operation('hoard', {}).then(
      () => 'ok',
      ({ code, limit }) => (limit ? `${code} ${limit.name}` : code),
    ),
  ),
).then((all) => all.forEach((how) => (settled[how] = (settled[how] ?? 0) + 1)));
const beside = await visit(burst);
const tookMs = performance.now() - startedMs;
await delay(2 * IDLE_TIMEOUT_MS);
clearInterval(sampler);
const { maxMemoryBytes, kills, lost } = host.stats();
const after = { rss: rss(), charged: host.stats().memoryBytes };
await host.close();

const toMib = (bytes) => Math.round(bytes / 2 ** 20);
console.table({ quiet, beside });
console.log(settled, `${(tookMs / 1_000).toFixed(1)} s, threads ended ${kills}, lost ${lost}`);
console.table({
  before: { rss: toMib(before.rss), charged: toMib(before.charged) },
  peak: { rss: toMib(peak.rss), charged: toMib(peak.charged) },
  idle: { rss: toMib(after.rss), charged: toMib(after.charged) },
  budget: { charged: toMib(maxMemoryBytes) },
});
const codes = Object.values(settled).reduce((sum, count) => sum + count, 0);
const faults = [
  codes !== calls && `${calls - codes} calls did not settle`,
  beside.failures > 0 && `${beside.failures} calls of the neighbour failed`,
  beside['p99 µs'] > MAX_RATIO * quiet['p99 µs'] && `the neighbour is more than ${MAX_RATIO} times as late`,
  peak.rss > MAX_OVER * maxMemoryBytes && `resident memory is more than ${MAX_OVER} times the budget`,
  after.rss > MAX_LEFT * before.rss && `when idle, more than ${MAX_LEFT} times of what was before is resident`,
].filter(Boolean);
console.log(faults.length === 0 ? 'ok' : faults.join('\n'));
process.exitCode = faults.length === 0 ? 0 : 1;
