/**
 * Calls through runners beside bare request and reply, and beside a host with threads:
 *
 *     pnpm build && node benchmarks/fleet/lanes.mjs [--quick]
 *
 * Starts `nats-server` on a free port of loopback, a process that answers bare requests, and two
 * runners; what is compared is measured in turn, and the median of the rounds counts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { connect } from '@nats-io/transport-node';
import { createHost } from '@sandglass/host';

const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 1 : 7;
const ROUND_MS = isQuick ? 300 : 1_000;
/** Iterations of the CPU-bound call: about 10 ms. */
const SPIN = 300_000;
const CPU_CALLS = isQuick ? 40 : 200;

const processes = [];
const port = await freePort();
const store = mkdtempSync(join(tmpdir(), 'sandglass-lanes-'));
const url = `nats://127.0.0.1:${port}`;
try {
  start('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', store, '-l', join(store, 'log')]);
  await delay(500);
  await startNode('echo.mjs', [url]);
  await startNode('runner.mjs', [url, 'one', '1']);
  await measureSmall();
  await startNode('runner.mjs', [url, 'two', '1']);
  await measureCpu();
} finally {
  for (const child of processes) child.kill('SIGKILL');
  rmSync(store, { recursive: true, force: true });
}

function start(program, args) {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` };
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  processes.push(child);
  return child;
}

async function startNode(file, args) {
  const child = start(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args]);
  await once(child.stdout, 'data');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function load(host) {
  const sources = {
    empty: '() => {}',
    spin: '({ n }) => { let sum = 0; for (let i = 0; i < n; i++) sum += i; return sum; }',
  };
  for (const [id, handler] of Object.entries(sources)) {
    const paths = { app: 'app.js', api: 'api.js' };
    const directus = { type: 'operation', path: paths, source: paths, host: '*', sandbox: { enabled: true } };
    const manifest = { name: id, version: '1.0.0', 'directus:extension': directus };
    await host.load({ manifest, source: `export default { id: '${id}', handler: ${handler} };` });
  }
}

/** Empty calls beside bare requests. */
async function measureSmall() {
  const host = await createHost({ pool: { maxThreads: 0 }, fleet: { servers: url } });
  await load(host);
  const bare = await connect({ servers: url });
  const payload = new Uint8Array(16);
  const subjects = {
    bare: () => bare.request('echo', payload, { timeout: 10_000 }),
    remote: () => host.operation('empty'),
  };
  for (const inFlight of [1, 64, 256]) {
    const found = await compare(subjects, (call) => measure(call, inFlight));
    const [p50, rate] = ['p50Us', 'rate'].map((key) => [median(found.bare, key), median(found.remote, key)]);
    console.log(
      `${inFlight} in flight: p50 ${p50.map(Math.round).join(' and ')} µs (${(p50[1] / p50[0]).toFixed(2)}), ` +
        `calls/s ${rate.map(Math.round).join(' and ')} (${(rate[1] / rate[0]).toFixed(2)})`,
    );
  }
  await bare.close();
  await host.close();
}

/** CPU-bound calls: an owner without threads and two runners beside a host with two threads. */
async function measureCpu() {
  const owner = await createHost({ pool: { maxThreads: 0 }, fleet: { servers: url } });
  const local = await createHost({ pool: { maxThreads: 2, minThreads: 2 } });
  await load(owner);
  await load(local);
  const subjects = { threads: local, runners: owner };
  const found = await compare(subjects, async (host) => {
    const startedMs = performance.now();
    let left = CPU_CALLS;
    const caller = async () => {
      while (left-- > 0) await host.operation('spin', { n: SPIN });
    };
    await Promise.all(Array.from({ length: 16 }, caller));
    return { rate: (CPU_CALLS / (performance.now() - startedMs)) * 1_000 };
  });
  const [threads, runners] = [median(found.threads, 'rate'), median(found.runners, 'rate')];
  console.log(
    `CPU-bound: ${threads.toFixed(1)} calls/s on two threads, ${runners.toFixed(1)} on two runners ` +
      `(${((100 * runners) / threads).toFixed(0)} %)`,
  );
  await local.close();
  await owner.close();
}

async function compare(subjects, run) {
  const found = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      const measured = await run(subject);
      if (round > 0) (found[name] ??= []).push(measured); // the first one warms up
    }
  }
  return found;
}

async function measure(call, inFlight) {
  const took = [];
  const startedMs = performance.now();
  const endsMs = startedMs + ROUND_MS;
  const caller = async () => {
    for (let nowMs = performance.now(); nowMs < endsMs;) {
      await call();
      took.push(-nowMs + (nowMs = performance.now()));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  took.sort((a, b) => a - b);
  return { rate: (took.length / (performance.now() - startedMs)) * 1_000, p50Us: took[took.length >> 1] * 1_000 };
}

function median(rounds, key) {
  const sorted = rounds.map((round) => round[key]).toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
