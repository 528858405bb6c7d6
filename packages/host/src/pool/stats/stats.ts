import type { ErrorCode } from '@sandglass/core';

/** Durations in milliseconds; all 0 while `count` is. */
export interface Percentiles {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
  /** Of all of them. */
  sumMs: number;
  /**
   * How many took at most 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1,000, 2,500, 5,000, 10,000
   * and 30,000 ms. Empty while `count` is 0.
   */
  buckets: readonly number[];
}

/** How calls ended: `ok` and each error code that occurred. */
export type Settled = Partial<Record<'ok' | ErrorCode, number>>;

/** Capability calls by what was decided: outside of the grant, or not. */
export interface CapabilityCount {
  allowed: number;
  denied: number;
}

/**
 * What a pool and each of its extensions count. `accepted` is the sum of `settled`, `queued` and
 * `running`.
 */
export interface CallStats {
  /** Calls and loads that were taken. */
  accepted: number;
  settled: Settled;
  /** The loads among `settled`. */
  loads: Settled;
  /** Time that calls have spent inside of sandboxes, as their workers reported it; loads not. */
  cpuTimeMs: number;
  /** By the capability's name. Lines that guests log are calls of `log` and `console`. */
  capabilityCalls: Readonly<Record<string, CapabilityCount>>;
  /** Calls turned away at once with `E_QUEUE_FULL`: never accepted. */
  refused: number;
  /** Accepted, and not sent to a lane yet. */
  queued: number;
  /** Sent to a lane and not settled. */
  running: number;
  /** Settled, but what they have started and nobody awaits goes on. */
  background: number;
  /** From acceptance to being sent. */
  queueMs: Percentiles;
  /** From being sent to the outcome, of calls. */
  runMs: Percentiles;
  /** The same of loads. */
  loadMs: Percentiles;
  /** From a capability call's arrival to its answer. */
  capabilityMs: Percentiles;
}

export interface ExtensionStats extends CallStats {
  id: number;
  name: string;
  /** Lanes that hold its sandboxes. */
  lanes: number;
}

/** A call or a load that a lane's engine is in. */
export interface LaneCurrent {
  extension: string;
  /** Absent for a load. */
  handler?: number;
  /** Since it was sent. */
  elapsedMs: number;
}

/**
 * One worker thread, or the engine on the calling thread. Counters of the engine are as of its last
 * report.
 */
export interface LaneStats {
  id: number;
  /** Name of the runner of a fleet that it is; absent for an engine of this process. */
  runner?: string;
  state: 'starting' | 'ready';
  /** Sent to it and without an outcome. */
  running: number;
  /** What its engine is in at the moment, as far as it can be seen. */
  current: LaneCurrent | undefined;
  /** Outcomes it has reported. */
  outcomes: number;
  runMs: Percentiles;
  /** Extensions that are installed on it. */
  extensions: number;
  sandboxes: number;
  snapshots: number;
  restores: number;
  replacements: number;
  failures: number;
  /** What its sandboxes and spare instances are charged. */
  memoryBytes: number;
  /** Messages that came too late or for nobody. */
  ignored: number;
  /** Messages that were refused: only an engine that a guest controls sends such. */
  violations: number;
}

export interface PoolStats extends CallStats {
  /** Sandboxes restored, over all lanes, those gone included. */
  restores: number;
  /** Sandboxes replaced. */
  replacements: number;
  /** Sandboxes whose engine failed for a reason that no limit of their call explains. */
  failures: number;
  /** Lanes that the watchdog ended. */
  kills: number;
  /** Lanes that went away by themselves or did not start. */
  lost: number;
  /** Calls that ran again because their lane was lost. */
  reruns: number;
  /** Calls taken from a stalled lane before they had begun. */
  moved: number;
  ignored: number;
  violations: number;
  /**
   * What all sandboxes, snapshots and spare instances are charged: all that they can make resident
   * without asking.
   */
  memoryBytes: number;
  /** What they may be charged: `pool.maxMemoryBytes`. */
  maxMemoryBytes: number;
  lanes: LaneStats[];
  extensions: ExtensionStats[];
}
