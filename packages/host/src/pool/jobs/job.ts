import type { Limits, Link, SnapshotWire } from '@sandglass/core';

import { CallEnd } from '../../time/call-end.js';
import type { Timed } from '../../time/deadlines.js';
import type { PoolExtension } from './pool-extension.js';
import type { Batch, Lane } from '../lanes/lane.js';
import type { CallRequest } from '../pool.js';

/** Id under which the load of an extension counts as a call: the protocol's. */
export function loadCallId(extensionId: number): number {
  return -extensionId;
}

const NO_BYTES: Uint8Array = new Uint8Array();

export interface JobOptions {
  callId: number;
  extension: PoolExtension;
  wallTimeMs: number;
  handler?: number;
  argument?: Uint8Array;
  snapshot?: SnapshotWire | undefined;
  signal?: AbortSignal | undefined;
  onOutcome?: CallRequest['onOutcome'];
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/**
 * A call or a load on its way: the ledger's entry for it.
 *
 * It waits in its extension's queue (`queued`), or is on a lane (`lane`), or is settled.
 */
export class Job {
  readonly callId: number;
  readonly extension: PoolExtension;
  readonly handler: number;
  readonly signal: AbortSignal | undefined;
  readonly onOutcome: CallRequest['onOutcome'];
  argument: Uint8Array;
  snapshot: SnapshotWire | undefined;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;

  wallTimeMs: number;
  deadlineMs = 0;
  /** On the real clock, for the statistics. */
  acceptedMs = 0;
  sentMs = 0;

  onAbort: (() => void) | undefined;
  isSettled = false;
  /** Where it waits. */
  queued: Link<Job> | undefined;
  timing: Link<Timed> | undefined;

  lane: Lane | undefined;
  batch: Batch | undefined;
  /** Which of all calls that its lane was sent it is, from 1. */
  place = 0;
  /** What the lane's backlog counts it as. */
  costMs = 0;
  /** Whether its engine is known to have entered it. */
  isEntered = false;

  /** Number of its current run, from 1. */
  run = 0;
  /** Runs during which its lane died while in this very call. */
  suspicions = 0;
  /** Capability calls of all runs that must not be made twice, refused ones not counted. */
  effects = 0;

  lastSeq = 0;
  pendingCapabilityCalls = 0;
  capabilityCalls = 0;
  logLines = 0;
  logBytes = 0;

  #ending: CallEnd | undefined;

  constructor(options: JobOptions) {
    this.callId = options.callId;
    this.extension = options.extension;
    this.wallTimeMs = options.wallTimeMs;
    this.handler = options.handler ?? 0;
    this.argument = options.argument ?? NO_BYTES;
    this.snapshot = options.snapshot;
    this.signal = options.signal;
    this.onOutcome = options.onOutcome;
    this.resolve = options.resolve;
    this.reject = options.reject;
  }

  get isLoad(): boolean {
    return this.callId < 0;
  }

  get limits(): Limits {
    return this.extension.wire.limits;
  }

  /** What errors name it by. */
  get origin(): { extension: string; callId: number | undefined } {
    return { extension: this.extension.wire.name, callId: this.isLoad ? undefined : this.callId };
  }

  /** The end of this run. Made on demand. */
  get ending(): CallEnd {
    this.#ending ??= new CallEnd();
    if (this.isSettled) this.#ending.fire();
    return this.#ending;
  }

  /** Ends what the current run has asked for. */
  endRun(): void {
    const ending = this.#ending;
    this.#ending = undefined;
    ending?.fire();
  }

  /** Counts afresh for a run on another lane. */
  beginRun(): void {
    this.run += 1;
    this.isEntered = false;
    this.lastSeq = 0;
    this.pendingCapabilityCalls = 0;
    this.capabilityCalls = 0;
    this.logLines = 0;
    this.logBytes = 0;
  }

  /** Frees what a settled call holds, also while its lane still remembers it. */
  clear(): void {
    this.argument = NO_BYTES;
    this.snapshot = undefined;
  }
}
