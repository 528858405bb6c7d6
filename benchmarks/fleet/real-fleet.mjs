/** The real fleet that `simulate.mjs --check` holds its model against. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { createHost } from '@sandglass/host';

import { startNatsServer } from '../../packages/fleet/dist/testing/nats-server.js';
import { operationId, toOperation } from '../dist/suites/host-extension.js';
import { rateOf, SPIN } from './measure.mjs';
import { startNode } from './start-node.mjs';

const CALLS = 150;

/**
 * CPU-bound calls of an owner without threads on runners with a thread each.
 *
 * @returns calls a second, and what one took of its thread, in milliseconds.
 */
export async function measureReal(runners, inFlight) {
  const args = [runners, inFlight].map(String);
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return JSON.parse(line);
}

/** A process of its own: the clock of the model is not the real one. */
async function main(runners, inFlight) {
  const server = await startNatsServer();
  for (let i = 1; i <= runners; i++) await startNode('runner.mjs', server.url, `runner-${i}`, '1');
  const host = await createHost({ pool: { maxThreads: 0 }, fleet: { servers: server.url } });
  await host.load(toOperation(SPIN));
  const run = (calls) => rateOf(() => host.operation(operationId(1)), { calls, inFlight });
  await run(20);
  const before = host.stats().cpuTimeMs;
  const rate = await run(CALLS);
  const costMs = (host.stats().cpuTimeMs - before) / CALLS;
  console.log(JSON.stringify({ rate, costMs }));
  await host.close();
  await server.stop();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(...process.argv.slice(2).map(Number));
