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
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { checkFleetOptions } from '../../packages/fleet/dist/connection/options.js';
import { openTransport } from '../../packages/fleet/dist/connection/transport.js';
import { FleetLanes } from '../../packages/fleet/dist/lanes/remote-lanes.js';
import { buildHost } from '../../packages/host/dist/host.js';
import { createPool } from '../../packages/host/dist/pool/create-pool.js';

const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 1 : 7;
const ROUND_MS = isQuick ? 300 : 1_000;
/** Iterations of the CPU-bound call: about 10 ms. */
const SPIN = 300_000;
const CPU_CALLS = isQuick ? 40 : 200;

const processes = [];
const port = await freePort();
const url = `nats://127.0.0.1:${port}`;
try {
  spawn_('nats-server', ['-a', '127.0.0.1', '-p', String(port)], 'ignore');
  await delay(500);
  await startNode('echo.mjs', [url]);
  await startNode('runner.mjs', [url, 'one', '1']);
  await measureSmall();
  await startNode('runner.mjs', [url, 'two', '1']);
  await measureCpu();
} finally {
  for (const child of processes) child.kill('SIGKILL');
}

function spawn_(program, args, output) {
  const child = spawn(program, args, { stdio: ['ignore', output, 'inherit'], env: { ...process.env, PATH: path() } });
  processes.push(child);
  return child;
}

function path() {
  return `${process.env.PATH ?? ''}:/usr/sbin`;
}

async function startNode(file, args) {
  const child = spawn_(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], 'pipe');
  await once(child.stdout, 'data');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function openOwner() {
  const transport = await openTransport(checkFleetOptions({ servers: url, name: 'owner' }));
  const host = await buildHost(
    {},
    {
      createPool: (given) =>
        createPool({ ...given, pool: { maxThreads: 0 }, openRemote: (engine) => new FleetLanes(transport, engine) }),
    },
  );
  return { host, close: () => host.close().then(() => transport.close()) };
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
  const { host, close } = await openOwner();
  await load(host);
  const bare = await openTransport(checkFleetOptions({ servers: url, name: 'bare' }));
  const payload = new Uint8Array(16);
  const subjects = {
    bare: () => bare.connection.request('echo', payload, { timeout: 10_000 }),
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
  await close();
}

/** CPU-bound calls: an owner without threads and two runners beside a host with two threads. */
async function measureCpu() {
  const owner = await openOwner();
  const local = await buildHost({ pool: { maxThreads: 2, minThreads: 2 } }, { createPool });
  await load(owner.host);
  await load(local);
  const subjects = { threads: local, runners: owner.host };
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
    for (let nowMs = performance.now(); nowMs < endsMs; ) {
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
