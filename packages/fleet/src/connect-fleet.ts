import { SandglassError } from '@sandglass/core';
import type {
  DurableOperation,
  Fleet,
  FleetHost,
  FleetOptions,
  FleetStats,
  Published,
  PublishOptions,
  RemoteLanes,
} from '@sandglass/host/fleet';

import { Catalogue } from './catalogue/catalogue.js';
import { Follower } from './catalogue/follower.js';
import { Snapshots } from './catalogue/snapshots.js';
import { checkFleetOptions, type CompleteFleetOptions } from './connection/options.js';
import { openTransport, type Transport } from './connection/transport.js';
import { ownEngineDigest } from './engine-digest.js';
import { DurableWork } from './events/durable-work.js';
import { FleetLanes } from './lanes/remote-lanes.js';
import { openNodes } from './nodes/bucket.js';
import { Reporter } from './nodes/reporter.js';
import { ALIVE_FOR_MS, type NodeReport } from './nodes/report.js';
import { drainSubject } from './nodes/subjects.js';

/**
 * Connects to a fleet. Pass the result to `createHost` as `fleet`, and close it after the host.
 *
 * @throws {TypeError} for an option that cannot be used.
 * @throws {SandglassError} `E_FLEET` if no server answers, `E_FLEET_DENIED` if one refuses the
 *   credentials, `E_NOT_FOUND` for a file of credentials that cannot be read.
 */
export async function connectFleet(options: FleetOptions): Promise<Fleet> {
  const complete = checkFleetOptions(options);
  return new ConnectedFleet(complete, await openTransport(complete));
}

/** What a node holds from `join` to `leave`. */
interface Membership {
  follower: Follower;
  reporter: Reporter;
  drainRequests: Disposable;
  work: DurableWork;
}

class ConnectedFleet implements Fleet {
  readonly name: string;
  readonly #transport: Transport;
  readonly #maxWork: number;
  readonly #drainListeners = new Set<() => void>();
  #engine = '';
  #membership: Membership | undefined;
  /** Once it has joined: what a host loads before is not of the catalogue. */
  #snapshots: Snapshots | undefined;
  #isDraining = false;

  readonly openRemote = (engine: string): RemoteLanes => new FleetLanes(this.#transport, engine);

  constructor({ name, maxWork }: CompleteFleetOptions, transport: Transport) {
    this.name = name;
    this.#maxWork = maxWork;
    this.#transport = transport;
  }

  get isConnected(): boolean {
    return this.#transport.isConnected;
  }

  stats(): FleetStats {
    const { revision = 0, failed = {} } = this.#membership?.follower ?? {};
    return { name: this.name, isConnected: this.isConnected, isDraining: this.#isDraining, revision, failed };
  }

  async join(host: FleetHost): Promise<void> {
    if (this.#membership) throw new TypeError('This fleet has a host already: connect another one for another host');
    const [catalogue, nodes] = [await Catalogue.open(this.#transport), await openNodes(this.#transport)];
    this.#snapshots = await Snapshots.open(this.#transport);
    this.#engine = await ownEngineDigest();
    const follower = new Follower(catalogue, host, () => void this.#membership?.reporter.tell());
    await follower.start(this.#transport);
    const reporter = new Reporter(this.#transport, nodes, () => this.#describe(host, follower));
    const subject = drainSubject(this.#transport.prefix, this.name);
    const drainRequests = this.#transport.subscribe(subject, (message) => this.#drain(message));
    const work = await DurableWork.open(this.#transport, host, this.#maxWork);
    this.#membership = { follower, reporter, drainRequests, work };
    await reporter.tell(); // from now on every roll-out waits for this node
  }

  async leave(): Promise<void> {
    const membership = this.#membership;
    this.#membership = undefined;
    membership?.drainRequests[Symbol.dispose]();
    await membership?.work.stop();
    await membership?.follower.stop();
    await membership?.reporter.stop();
  }

  async publish(event: string, meta: object = {}, options: PublishOptions = {}): Promise<Published> {
    return this.#work.publish(event, meta, options);
  }

  async operation(id: string, options: unknown, call: DurableOperation): Promise<unknown> {
    return this.#work.operation(id, options, call);
  }

  get #work(): DurableWork {
    if (!this.#membership) throw new SandglassError('E_CLOSED', 'The fleet has no host');
    return this.#membership.work;
  }

  async findSnapshot(identity: string, maxBytes: number): Promise<Uint8Array | undefined> {
    return this.#snapshots?.get(identity, maxBytes);
  }

  onDrain(listener: () => void): Disposable {
    this.#drainListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#drainListeners.delete(listener) };
  }

  async close(): Promise<void> {
    await this.leave();
    await this.#transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #drain(message: { respond(): boolean }): void {
    message.respond();
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (const listener of this.#drainListeners) listener();
    void this.#membership?.work.stop();
    void this.#membership?.reporter.tell();
  }

  #describe(host: FleetHost, { revision, staged, failed }: Follower): NodeReport {
    const { running, queued } = host.stats();
    const { name } = this;
    const isDraining = this.#isDraining;
    const aliveForMs = ALIVE_FOR_MS;
    const engine = this.#engine;
    return { name, role: 'owner', engine, aliveForMs, isDraining, revision, running, queued, staged, failed };
  }
}
