import type {
  CatalogueStatus,
  DeadWork,
  FleetOperator,
  FleetOptions,
  FleetPush,
  FleetStatus,
  PushOptions,
  RollOut,
} from '@sandglass/host/fleet';
import { SandglassError } from '@sandglass/core';
import type { KV } from '@nats-io/kv';

import { Catalogue } from '../catalogue/catalogue.js';
import { Snapshots } from '../catalogue/snapshots.js';
import type { Entry, Version } from '../catalogue/entry.js';
import { checkFleetOptions } from '../connection/options.js';
import { openTransport, toFleetError, type Transport } from '../connection/transport.js';
import { DeadLetters } from '../events/dead-letters.js';
import { WorkRecords } from '../events/work-records.js';
import { Publisher } from '../events/publisher.js';
import { openStreams } from '../events/streams.js';
import { openNodes } from '../nodes/bucket.js';
import { drainSubject } from '../nodes/subjects.js';
import { NodeWatch } from '../nodes/watch.js';
import { rollBack, rollOut } from './roll-out.js';

/**
 * Connects an operator to a fleet. It is no node: it changes the catalogue, and reads reports.
 *
 * @throws {TypeError | SandglassError} as `connectFleet`.
 */
export async function connectOperator(options: FleetOptions): Promise<FleetOperator> {
  const transport = await openTransport(checkFleetOptions(options));
  try {
    const [catalogue, nodes, streams] = [
      await Catalogue.open(transport),
      await openNodes(transport),
      await openStreams(transport),
    ];
    const snapshots = await Snapshots.open(transport);
    await WorkRecords.open(transport); // owners may be allowed to use it, and not to make it
    const dead = new DeadLetters(transport, streams, new Publisher(transport, streams));
    return new ConnectedOperator({ transport, catalogue, nodes, snapshots, dead });
  } catch (error) {
    await transport.close();
    throw error;
  }
}

interface OperatorParts {
  transport: Transport;
  catalogue: Catalogue;
  nodes: KV;
  snapshots: Snapshots;
  dead: DeadLetters;
}

class ConnectedOperator implements FleetOperator {
  readonly #transport: Transport;
  readonly #catalogue: Catalogue;
  readonly #nodes: KV;
  readonly #snapshots: Snapshots;
  readonly #dead: DeadLetters;

  constructor({ transport, catalogue, nodes, snapshots, dead }: OperatorParts) {
    this.#transport = transport;
    this.#catalogue = catalogue;
    this.#nodes = nodes;
    this.#snapshots = snapshots;
    this.#dead = dead;
  }

  async push(extension: FleetPush, options: PushOptions = {}): Promise<RollOut> {
    using nodes = await NodeWatch.open(this.#transport, this.#nodes);
    return await rollOut({ catalogue: this.#catalogue, snapshots: this.#snapshots, nodes }, extension, options);
  }

  rollback(name: string): Promise<RollOut> {
    return rollBack(this.#catalogue, name);
  }

  async status(): Promise<FleetStatus> {
    using nodes = await NodeWatch.open(this.#transport, this.#nodes);
    const last = await this.#catalogue.revision();
    return {
      nodes: nodes.live.map(({ name, role, engine, isDraining, revision, running, queued, failed }) => {
        const lag = role === 'owner' ? Math.max(last - revision, 0) : 0;
        return { name, role, engine, isDraining, lag, running, queued, failed };
      }),
      extensions: (await this.#catalogue.list()).map(toStatus),
    };
  }

  async drain(node: string): Promise<void> {
    const { connection, prefix, timeoutMs } = this.#transport;
    try {
      await connection.request(drainSubject(prefix, node), '', { timeout: timeoutMs });
    } catch (error) {
      const failure = toFleetError(error, `Cannot drain "${node}"`);
      if (failure.code !== 'E_FLEET') throw failure;
      throw new SandglassError('E_NOT_FOUND', `Cannot drain "${node}": no node of that name answers`, { cause: error });
    }
  }

  deadLetters(): Promise<DeadWork[]> {
    return this.#dead.list();
  }

  deadLetter(number: number): Promise<DeadWork> {
    return this.#dead.get(number);
  }

  requeue(number: number): Promise<string> {
    return this.#dead.requeue(number);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function toStatus({ name, revision, active, previous, next }: Entry): CatalogueStatus {
  const brief = ({ hash, version }: Version): { hash: string; version: string } => ({ hash, version });
  return {
    name,
    revision,
    ...(active && { active: brief(active) }),
    ...(previous && { previous: brief(previous) }),
    ...(next && { next: brief(next.version) }),
  };
}
