import type { Limits, Link, LoadedWire, SnapshotWire } from '@sandglass/core';

import { CallEnd } from '../../time/call-end.js';
import type { Timed } from '../../time/deadlines.js';
import type { CallRequest } from '../contract.js';
import type { PoolExtension, Queued } from './pool-extension.js';

/** Id under which the load of an extension counts as a call: the protocol's. */
export function loadCallId(extensionId: number): number {
  return -extensionId;
}

const NO_BYTES: Uint8Array = new Uint8Array();

/** What a job resolves to: a call to its result, a load to what was loaded. */
export type JobValue = Uint8Array | LoadedWire;

export interface JobOptions {
  callId: number;
  extension: PoolExtension;
  wallTimeMs: number;
  handler?: number;
  argument?: Uint8Array;
  snapshot?: SnapshotWire | undefined;
  signal?: AbortSignal | undefined;
  onOutcome?: CallRequest['onOutcome'];
  waitUntil?: CallRequest['waitUntil'];
  context?: CallRequest['context'];
  requestId?: CallRequest['requestId'];
  trace?: CallRequest['trace'];
  resolve: (value: JobValue) => void;
  reject: (error: Error) => void;
}

/**
 * - `queued`: not sent to a lane yet.
 * - `sent`: on a lane, which the lane set knows.
 * - `answered`: on a lane; its caller has the answer, and its background goes on.
 * - `settled`: over.
 */
export type JobState = 'queued' | 'sent' | 'answered' | 'settled';

/** A call or a load on its way: the ledger's entry for it. */
export class Job implements Timed, Queued {
  readonly callId: number;
  readonly extension: PoolExtension;
  readonly handler: number;
  readonly signal: AbortSignal | undefined;
  readonly onOutcome: CallRequest['onOutcome'];
  readonly waitUntil: CallRequest['waitUntil'];
  readonly context: CallRequest['context'];
  readonly requestId: CallRequest['requestId'];
  readonly trace: CallRequest['trace'];
  argument: Uint8Array;
  snapshot: SnapshotWire | undefined;
  readonly resolve: (value: JobValue) => void;
  readonly reject: (error: Error) => void;

  wallTimeMs: number;
  deadlineMs = 0;
  /** On the real clock, for the statistics. */
  acceptedMs = 0;
  sentMs = 0;
  answeredMs = 0;

  onAbort: (() => void) | undefined;
  /** Called when its background is over. */
  onOver: (() => void) | undefined;
  state: JobState = 'queued';
  /** Its link in the queue, while it is in one. */
  queued: Link<Queued> | undefined;
  timing: Link<Timed> | undefined;

  /** How often it was sent to a lane. A run that was taken back before it began does not count. */
  runs = 0;
  /** Runs in which its lane died while it was in this call. */
  deathsInside = 0;
  /** Capability calls of all runs that must not be made twice, refused ones not counted. */
  effects = 0;

  /** See `HeldBytes`. */
  heldBytes = 0;

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
    this.waitUntil = options.waitUntil;
    this.context = options.context;
    this.requestId = options.requestId;
    this.trace = options.trace;
    this.resolve = options.resolve;
    this.reject = options.reject;
  }

  get isLoad(): boolean {
    return this.callId < 0;
  }

  get isSettled(): boolean {
    return this.state === 'settled';
  }

  get limits(): Limits {
    return this.extension.wire.limits;
  }

  /** The extension and the call id for the errors of this job. */
  get origin(): { extension: string; callId: number | undefined } {
    return { extension: this.extension.wire.name, callId: this.isLoad ? undefined : this.callId };
  }

  /** The end of this run. Made on demand. */
  get ending(): CallEnd {
    this.#ending ??= new CallEnd();
    if (this.isSettled) this.#ending.fire();
    return this.#ending;
  }

  /** Fires the end of the current run: its sleeps and requests stop. */
  endRun(): void {
    const ending = this.#ending;
    this.#ending = undefined;
    ending?.fire();
  }

  /** Frees the memory of a settled call, although its lane still has an entry for it. */
  clear(): void {
    this.argument = NO_BYTES;
    this.snapshot = undefined;
  }
}
