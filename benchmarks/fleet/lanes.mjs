/**
 * Calls through runners beside bare request and reply, and beside a host with threads:
 *
 *     pnpm build && node benchmarks/fleet/lanes.mjs [--quick]
 *
 * Starts `nats-server` on a free port of loopback, a process that answers bare requests, and two
 * runners; what is compared is measured in turn, and the median of the rounds counts.
 */
import { connect } from '@nats-io/transport-node';
import { createHost } from '@sandglass/host';

import { startNatsServer } from '../../packages/fleet/dist/testing/nats-server.js';
import { EMPTY, operationId, toOperation } from '../dist/suites/host-extension.js';
import { compare, measure, mediansOf, rateOf, SPIN } from './measure.mjs';
import { startNode } from './start-node.mjs';

const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 1 : 7;
const ROUND_MS = isQuick ? 300 : 1_000;
const CPU_CALLS = isQuick ? 40 : 200;

const server = await startNatsServer();
const { url } = server;
try {
  await startNode('echo.mjs', url);
  await startNode('runner.mjs', url, 'one', '1');
  await measureSmall();
  await startNode('runner.mjs', url, 'two', '1');
  await measureCpu();
} finally {
  await server.stop();
}

/** Empty calls beside bare requests. */
async function measureSmall() {
  const host = await createHost({ pool: { maxThreads: 0 }, fleet: { servers: url } });
  await host.load(toOperation(EMPTY));
  const bare = await connect({ servers: url });
  const payload = new Uint8Array(16);
  const subjects = {
    bare: () => bare.request('echo', payload, { timeout: 10_000 }),
    remote: () => host.operation(operationId(1)),
  };
  for (const inFlight of [1, 64, 256]) {
    const found = await compare(subjects, ROUNDS, (call) => measure(call, inFlight, ROUND_MS));
    const [p50, rate] = [mediansOf(found, 'p50Us'), mediansOf(found, 'rate')];
    console.log(`${inFlight} in flight: p50 ${beside(p50)} µs, calls/s ${beside(rate)}`);
  }
  await bare.close();
  await host.close();
}

function beside({ bare, remote }) {
  return `${Math.round(bare)} and ${Math.round(remote)} (${(remote / bare).toFixed(2)})`;
}

/** CPU-bound calls: an owner without threads and two runners beside a host with two threads. */
async function measureCpu() {
  const runners = await createHost({ pool: { maxThreads: 0 }, fleet: { servers: url } });
  const threads = await createHost({ pool: { maxThreads: 2, minThreads: 2 } });
  const hosts = { threads, runners };
  for (const host of Object.values(hosts)) await host.load(toOperation(SPIN));
  const found = await compare(hosts, ROUNDS, async (host) => ({
    rate: await rateOf(() => host.operation(operationId(1)), { calls: CPU_CALLS, inFlight: 16 }),
  }));
  const rate = mediansOf(found, 'rate');
  console.log(
    `CPU-bound: ${rate.threads.toFixed(1)} calls/s on two threads, ${rate.runners.toFixed(1)} on two runners ` +
      `(${((100 * rate.runners) / rate.threads).toFixed(0)} %)`,
  );
  for (const host of Object.values(hosts)) await host.close();
}
