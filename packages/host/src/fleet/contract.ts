import type { ErrorCode, LimitsInput, Scopes } from '@sandglass/core';

import type { PoolStats } from '../pool/stats/stats.js';
import type { ExtensionSource } from '../extensions/extension-source.js';
import type { OpenRemoteLanes } from '../pool/links/lane-link.js';
import type { FleetOptions } from './options.js';
import type { Runner, RunnerOptions } from './runner.js';

/** What a node runs of one extension: what it is, and what it may do. */
export interface FleetExtension {
  source: ExtensionSource;
  /** Scopes that were granted when it was pushed; the node's own policy may narrow them. */
  grant: Scopes;
  /** Each may only lower the node's. */
  limits: LimitsInput;
}

/** A version that is loaded and serves nothing yet. */
export interface StagedExtension {
  readonly name: string;
  /** Puts it in the place of the version that serves, whose calls in flight finish on it. */
  activate(): Promise<void>;
  /** Lets it go. */
  discard(): Promise<void>;
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
  stats(): PoolStats;
  /** Tells the host's `onError`. */
  report(error: unknown, context: { extension?: string }): void;
}

/** An error of another node, as it was told. */
export interface NodeError {
  code: ErrorCode;
  message: string;
}

/** How a node stands in its fleet. Every field survives JSON. */
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
  /** Called by the host when it closes: tells the others, and leaves the host alone from now on. */
  leave(): Promise<void>;
  /** Told once, when an operator has asked this node to take no new work. */
  onDrain(listener: () => void): Disposable;
  /** Called by the host's pool: lanes of the fleet's runners. */
  readonly openRemote: OpenRemoteLanes;
  close(): Promise<void>;
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
  /** For all nodes to load it. 100 to 600_000. @default 60_000 */
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
  /** SHA-256 of its engine, hex. */
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
  close(): Promise<void>;
}

/** What `@sandglass/fleet` exports, as the host uses it. */
export interface FleetModule {
  connectFleet(options: FleetOptions): Promise<Fleet>;
  connectOperator(options: FleetOptions): Promise<FleetOperator>;
  startRunner(options: RunnerOptions): Promise<Runner>;
}
