import type { Runner, RunnerOptions } from '@sandglass/host/fleet';

import { checkFleetOptions } from '../connection/options.js';
import { openTransport, type Transport } from '../connection/transport.js';
import { openNodes } from '../nodes/bucket.js';
import { Reporter } from '../nodes/reporter.js';
import { ALIVE_FOR_MS, type NodeReport } from '../nodes/report.js';
import { drainSubject } from '../nodes/subjects.js';
import { FleetRunner } from './runner.js';

/**
 * Starts a node that runs calls for the hosts of a fleet. Extensions, and answers to their
 * capability calls, come from those hosts: it needs no folder, no secrets and no network but
 * the fleet's.
 *
 * @throws {TypeError} for an option that cannot be used.
 * @throws {SandglassError} `E_FLEET` if no server answers, `E_FLEET_DENIED` if one refuses the
 *   credentials or does not allow a node to report.
 */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const fleet = checkFleetOptions(options.fleet);
  const transport = await openTransport(fleet);
  try {
    return await open(transport, fleet.name, options);
  } catch (error) {
    await transport.close();
    throw error;
  }
}

async function open(transport: Transport, name: string, { pool }: RunnerOptions): Promise<Runner> {
  const nodes = await openNodes(transport);
  const runner = await FleetRunner.open(transport, name, pool);
  const describe = (): NodeReport => ({
    ...{ name, role: 'runner', engine: runner.engine, aliveForMs: ALIVE_FOR_MS, isDraining: runner.isDraining },
    ...{ revision: 0, running: runner.running, queued: 0, staged: {}, failed: {} },
  });
  const reporter = new Reporter(transport, nodes, describe);
  const drainRequests = transport.subscribe(drainSubject(transport.prefix, name), (message) => {
    message.respond();
    runner.drain();
  });
  runner.onDrain(() => void reporter.tell());
  runner.onClose = async () => {
    drainRequests[Symbol.dispose]();
    await reporter.stop();
    await transport.close();
  };
  await reporter.tell();
  return runner;
}
