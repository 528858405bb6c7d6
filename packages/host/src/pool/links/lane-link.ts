import type { TraceCarrier } from '../../telemetry/propagation.js';
import type { CallWire, ExtensionWire, InstallWire, SettlementWire, SnapshotWire } from '@sandglass/core';

/** What a lane tells its owner. Payloads are unchecked: a guest may have taken the engine over. */
export interface LaneEvents {
  /** It takes batches and loads from now on. */
  ready(): void;
  /** `OutcomesWire`, or a list of `OutcomeWire`, if all is well. */
  outcomes(outcomes: unknown): void;
  /**
   * Every call of a batch has settled; the last outcomes come with it.
   *
   * @param batchId of a batch that was sent, once for each.
   */
  batchDone(batchId: number, outcomes: unknown): void;
  /**
   * A load is over.
   *
   * @param extensionId of a load that was sent, once for each.
   * @param reply a `LoadReply`, if all is well.
   */
  loadDone(extensionId: number, reply: unknown): void;
  /** A list of `CapabilityCallWire`, if all is well. */
  capabilities(calls: unknown): void;
  /** An `EngineStats`, if all is well. */
  stats(stats: unknown): void;
  /**
   * Every call that was sent has been entered; what has no outcome yet waits. Optional: it only
   * frees capacity earlier.
   */
  entered(): void;
  /**
   * Calls whose engine was lost while the lane was not: a list of ids, if all is well. Whether they
   * run again is the owner's to say.
   */
  dropped?(callIds: unknown): void;
  /** Extensions that were not called for long and take room: a list of ids, if all is well. */
  cold?(extensionIds: unknown): void;
  /** A message that no sound engine sends. */
  violation(): void;
  /** It is gone, or never came up. Nothing follows. Not called after `terminate`. */
  lost(reason: Error): void;
}

/** Calls that go to a lane together. */
export interface CallBatch {
  /** 1 to 2^31 - 1, unique on its lane while the batch is open. */
  id: number;
  /** Extensions of theirs that the lane does not know yet. */
  install: InstallWire[];
  calls: CallWire[];
  /** Cores that the process may use, less the lanes that have work; below 0 if those are more. */
  idleCores: number;
  /** Of each call, for a lane with a `distance`. */
  terms?: CallTerms[];
}

/** What somebody who runs a call for its owner has to know of it. */
export interface CallTerms {
  /** Milliseconds left of its `wallTimeMs`. */
  leftMs: number;
  /** Runs before this one, whose lanes were lost. */
  runs: number;
  trace: TraceCarrier | undefined;
}

/** Of a lane that is a whole pool somewhere else. */
export interface LaneDistance {
  /** Engines behind it; 0 once it takes no more. */
  readonly engines: number;
  /** What it takes a call to get there and its outcome to come back, in milliseconds. */
  readonly hopMs: number;
  /** Work for others that is in its way there, in milliseconds. */
  readonly othersMs: number;
  /** Name of who offers it. */
  readonly runner: string;
}

/**
 * One engine somewhere: in a worker thread, or on this one. Whoever starts it ends it with
 * `terminate`.
 */
export interface LaneLink {
  /** Which call its engine is in: see `SLOT`. Absent where nobody could read it meanwhile. */
  readonly slots: Int32Array | undefined;
  /** What its engine has charged to the pool's memory. */
  readonly memoryBytes: number;
  /** Absent for an engine in this process. */
  readonly distance?: LaneDistance | undefined;
  /** Answered by `batchDone`, once every call of the batch has settled. */
  batch(batch: CallBatch): void;
  /** Answered by `loadDone`. */
  load(extension: ExtensionWire, snapshot: SnapshotWire | undefined): void;
  settle(settlements: SettlementWire[]): void;
  abort(callIds: number[]): void;
  forget(extensionId: number): void;
  /** Has the engine free what it has not used since the last time. */
  trim(): void;
  /** Has the engine free so many bytes, by ending the suspended calls that hold most. */
  shed(bytes: number): void;
  /** Answered by `stats`, when the engine next listens. */
  requestStats(): void;
  /** Ends the engine wherever it is. What it had reported before is delivered first. */
  terminate(): void;
}

/** Starts a lane. Failures are reported to `events.lost`, later, never thrown. */
export type StartLane = (events: LaneEvents) => LaneLink;

/** Lanes that others offer, beside those of this process: the runners of a fleet. */
export interface RemoteLanes {
  /** Runners that could be had now, and no lane goes to. */
  readonly free: number;
  /** Why there are none, for an error; undefined while some are in use or could be had. */
  readonly absence: string | undefined;
  /** Told when there is one more. */
  onFree: (() => void) | undefined;
  /** Opens a lane to the best of those that are free. Call it only if there are some. */
  start: StartLane;
  close(): Promise<void>;
}

/** @param engine digest that the engines there have to have. */
export type OpenRemoteLanes = (engine: string) => RemoteLanes;
