import type { PoolOptions } from '../pool/pool-options.js';
import type { FleetOptions } from './options.js';

/** What `startRunner` of `@sandglass/fleet` takes. */
export interface RunnerOptions {
  fleet: FleetOptions;
  /** Threads and memory of its pool. It offers `maxThreads` threads. */
  pool?: PoolOptions | undefined;
}

/** A node that runs calls for the hosts of a fleet. Whoever started it closes it. */
export interface Runner extends AsyncDisposable {
  readonly name: string;
  /** Digest of its engine: hosts with another one do not use it. */
  readonly engine: string;
  /** Threads that it offers. */
  readonly threads: number;
  /** Hosts that have a session here. */
  readonly owners: number;
  /** Calls and loads under way. */
  readonly running: number;
  /** Told once, when an operator has asked this node to take no new work. */
  onDrain(listener: () => void): Disposable;
  /** Takes nothing new from now on; what is under way goes on. */
  drain(): void;
  /**
   * Drains, waits, and ends; hosts run calls that are left elsewhere.
   *
   * @param graceMs how long it waits. @default 5_000
   */
  close(graceMs?: number): Promise<void>;
}
