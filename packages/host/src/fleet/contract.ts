import type { ErrorCode, LimitsInput, SandglassError, Scopes } from '@sandglass/core';

import type { PoolStats } from '../pool/stats/stats.js';
import type { TraceCarrier } from '../telemetry/propagation.js';
import type { ExtensionSource } from '../extensions/extension-source.js';
import type { OpenRemoteLanes } from '../pool/links/lane-link.js';
import type { FleetOptions } from './options.js';
import type { Runner, RunnerOptions } from './runner.js';

/** One version of an extension, with the grant and the limits that a node runs it under. */
export interface FleetExtension {
  source: ExtensionSource;
  /** Scopes that were granted when it was pushed; the node's own policy may narrow them. */
  grant: Scopes;
  /** Limits, each of which may only lower the node's own. */
  limits: LimitsInput;
}

/** A version that is loaded and serves nothing yet. */
export interface StagedExtension {
  readonly name: string;
  /** Puts it in the place of the version that serves, whose calls in flight finish on it. */
  activate(): Promise<void>;
  /** Drops it, unserved. */
  discard(): Promise<void>;
}

/** One action or operation that the fleet keeps until it is done. Every field survives JSON. */
export type FleetWork = {
  /** Deduplicates, and names its effects. */
  id: string;
  /** Context of the span that it was published in. */
  trace?: TraceCarrier | undefined;
} & (
  | {
      kind: 'action';
      event: string;
      meta: Record<string, unknown>;
      extension: string;
      /** Which of the extension's listeners to the event, from 0. */
      ordinal: number;
    }
  | { kind: 'operation'; operation: string; options?: unknown }
);

/** How a run of work ended. */
export interface WorkEnd {
  value?: unknown;
  error?: SandglassError;
  /** `refused` if an earlier run had begun effects, so that this one did none. */
  effects: 'none' | 'possible' | 'refused';
}

/** What a fleet may do with its host. */
export interface FleetHost {
  /**
   * Loads a version beside the one that serves.
   *
   * @throws {SandglassError} whatever keeps it from loading.
   */
  stage(extension: FleetExtension): Promise<StagedExtension>;
  /** Takes an extension out of service, once its calls in flight have finished. */
  remove(name: string): Promise<void>;
  /** The actions that listen to an event. */
  listenersOf(event: string): { extension: string; ordinal: number }[];
  /**
   * Runs work once. Never rejects.
   *
   * @param claim asked before the first effect: whether no run before this one has begun effects.
   */
  run(work: FleetWork, claim: () => Promise<boolean>): Promise<WorkEnd>;
  stats(): PoolStats;
  /** Context of the span that its caller is in, if there is one. */
  carryTrace(): TraceCarrier | undefined;
  /** Tells the host's `onError`. */
  report(error: unknown, context: { extension?: string }): void;
}

/** An error of another node, as that reported it. */
export interface NodeError {
  code: ErrorCode;
  message: string;
}

/** The state of a node in its fleet. Every field survives JSON. */
export interface FleetStats {
  /** Of this node. */
  name: string;
  /** Whether a server answers. */
  isConnected: boolean;
  /** Whether it takes no new work. */
  isDraining: boolean;
  /** Changes of the catalogue that this node has seen. */
  revision: number;
  /** Extensions whose version of the catalogue this node could not take, and why. */
  failed: Readonly<Record<string, NodeError>>;
}

/** One node's place in a fleet. Made by `connectFleet` of `@sandglass/fleet`. */
export interface Fleet extends AsyncDisposable {
  /** Of this node. */
  readonly name: string;
  /** False while no server answers; the node goes on with what it has. */
  readonly isConnected: boolean;
  stats(): FleetStats;
  /**
   * Called by the host: follows the catalogue. Resolves when what is active there is loaded, or
   * reported.
   *
   * @throws {SandglassError} `E_FLEET` if the catalogue cannot be read.
   */
  join(host: FleetHost): Promise<void>;
  /**
   * Called by the host when it closes: takes the node off the list, and changes nothing on the host
   * from now on.
   */
  leave(): Promise<void>;
  /**
   * Puts an event into the queue of the fleet: each of its actions is run by some node, begun again
   * if that is lost, its effects done at most once. Resolves when the server has it.
   *
   * @throws {SandglassError} `E_QUOTA` for a meta that is too large, `E_QUEUE_FULL` if the queue is
   *   full, `E_FLEET`: then it may be there or not, and the same id again is safe.
   */
  publish(event: string, meta?: object, options?: PublishOptions): Promise<Published>;
  /**
   * Runs an operation through the queue of the fleet. Asked again with the same key within a week,
   * it gives the same answer and runs nothing.
   *
   * @throws {SandglassError} what ended it, as `publish`, or `E_WALL` if it did not end in time: it
   *   goes on.
   */
  operation(id: string, options: unknown, call: DurableOperation): Promise<unknown>;
  /** Told once, when an operator has asked this node to take no new work. */
  onDrain(listener: () => void): Disposable;
  /**
   * Called by the host when it loads an extension of the catalogue: the snapshot file that was
   * taken of it when it was pushed, if there is one.
   *
   * @throws {SandglassError} `E_LOAD` if it was changed, `E_FLEET`.
   */
  findSnapshot(identity: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Called by the host's pool: lanes of the fleet's runners. */
  readonly openRemote: OpenRemoteLanes;
  close(): Promise<void>;
}

export interface PublishOptions {
  /** The same event again within ten minutes is one. @default a random one */
  id?: string | undefined;
  /**
   * Whether its handlers may do their effects again: a lost run is begun again then. @default false
   */
  isRepeatable?: boolean | undefined;
}

export interface Published {
  id: string;
  /** Actions that listen to it. */
  actions: number;
  /** Whether all of it was in the queue already. */
  isDuplicate: boolean;
}

export interface DurableOperation {
  /** Chosen by the caller: calls with the same key get the same answer. */
  key: string;
  /** @default false */
  isRepeatable?: boolean | undefined;
  /** How long to wait for the answer. 1 to 86_400_000. @default 120_000 */
  timeoutMs?: number | undefined;
}

/** Work that was given up. */
export interface DeadWork {
  /** Of the dead letter. */
  number: number;
  work: FleetWork & { isRepeatable: boolean };
  code: ErrorCode;
  message: string;
  /** Times that it was begun. */
  tries: number;
  /** Whether some of its effects may have been done. */
  effects: 'none' | 'possible';
}

/** What `sandglass fleet push` takes of each extension. */
export interface FleetPush {
  source: ExtensionSource;
  /** @default what its manifest asks for */
  grant?: Scopes | undefined;
  limits?: LimitsInput | undefined;
}

export interface PushOptions {
  /** Nodes that may fail to load a version, and keep the one they have. @default 0 */
  tolerate?: number | undefined;
  /** How long to wait until all nodes have loaded it. 100 to 600_000. @default 60_000 */
  timeoutMs?: number | undefined;
}

/** How a roll-out or a roll-back of one extension went. */
export interface RollOut {
  name: string;
  /** SHA-256 of the bundle that is active now, hex. */
  hash: string;
  /** Counts activations of this extension, from 1. */
  revision: number;
  /** False if that very version was active before. */
  isChanged: boolean;
  /** Nodes that are ready for it. */
  nodes: readonly string[];
  /** Nodes that could not load it and were tolerated. */
  failed: Readonly<Record<string, NodeError>>;
}

/** One node, as `sandglass fleet status` shows it. */
export interface NodeStatus {
  name: string;
  role: 'owner' | 'runner';
  /** Digest of its engine, hex: runners do calls only for owners with the same one. */
  engine: string;
  isDraining: boolean;
  /** Changes of the catalogue that it has not seen yet. */
  lag: number;
  running: number;
  queued: number;
  failed: Readonly<Record<string, NodeError>>;
}

/** One extension, as `sandglass fleet status` shows it. */
export interface CatalogueStatus {
  name: string;
  revision: number;
  /** Absent before its first activation. */
  active?: { hash: string; version: string };
  previous?: { hash: string; version: string };
  /** A roll-out that has not ended. */
  next?: { hash: string; version: string };
}

export interface FleetStatus {
  nodes: NodeStatus[];
  extensions: CatalogueStatus[];
}

/** What an operator does with a fleet. Made by `connectOperator` of `@sandglass/fleet`. */
export interface FleetOperator extends AsyncDisposable {
  /**
   * Rolls out an extension: every live node loads it, and then it is active.
   *
   * @throws {SandglassError} the code of the first node that could not load it, `E_FLEET` if one
   *   did not answer in time, `E_FLEET_CONFLICT` if somebody else pushed it meanwhile; nothing is
   *   activated then.
   */
  push(extension: FleetPush, options?: PushOptions): Promise<RollOut>;
  /**
   * Makes the version before the active one active again, in one write.
   *
   * @throws {SandglassError} `E_NOT_FOUND` if there is none.
   */
  rollback(name: string): Promise<RollOut>;
  status(): Promise<FleetStatus>;
  /**
   * Asks a node to take no new work.
   *
   * @throws {SandglassError} `E_NOT_FOUND` if none of that name lives.
   */
  drain(node: string): Promise<void>;
  /** Work that was given up, the oldest first; 1_000 at the most. */
  deadLetters(): Promise<DeadWork[]>;
  /** @throws {SandglassError} `E_NOT_FOUND`. */
  deadLetter(number: number): Promise<DeadWork>;
  /**
   * Puts given up work into the queue again, under a new id: its effects may be done again.
   *
   * @returns the new id.
   */
  requeue(number: number): Promise<string>;
  close(): Promise<void>;
}

/** What `@sandglass/fleet` exports, as the host uses it. */
export interface FleetModule {
  connectFleet(options: FleetOptions): Promise<Fleet>;
  connectOperator(options: FleetOptions): Promise<FleetOperator>;
  startRunner(options: RunnerOptions): Promise<Runner>;
}
