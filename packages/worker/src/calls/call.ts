import {
  SLOT,
  UNHANDLED_REJECTION,
  type CapabilityCallWire,
  type CapabilityErrorWire,
  type ErrorWire,
  type ExtensionWire,
  type Limits,
  type Link,
  type OutcomeWire,
} from '@sandglass/core';

import type { CoreYield } from './core-yield.js';
import { Stopwatch } from './cpu-clock.js';
import { limitFailure } from './limit-failure.js';
import { toOutcome, Usage, type Result } from './outcome.js';
import type { Pointer } from '../quickjs/ffi.js';
import { heldBy, type PromiseCapability } from '../quickjs/promise-capability.js';
import { MAX_REJECTIONS, type Rejection } from './rejections.js';
import type { SliceListener } from '../sandbox/interrupt-handler.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import type { Swapped } from '../sandbox/swap.js';
import type { Tenant } from '../supply/sandbox-source.js';

/** A slice that lasts longer than this sends its capability calls before it ends. */
const FLUSH_AFTER_MS = 50;

/** What a call needs of its engine. */
export interface CallEnvironment {
  slots: Int32Array;
  /** Lets other threads have the core. Undefined without `EngineOptions.unread`. */
  coreYield: CoreYield | undefined;
  /** `pool.maxMemoryBytes`, for messages. */
  maxMemoryBytes: number;
  /** Counts failures of the engine that no limit explains. */
  counters: { failures: number };
  /** Takes capability calls on their way to the host. */
  send: (calls: CapabilityCallWire[]) => void;
}

/** One run of a handler, or of an entrypoint while it loads: its limits, and what it waits for. */
export class Call implements SliceListener, Tenant {
  readonly callId: number;
  readonly extension: ExtensionWire;
  seat: Sandbox | undefined;
  swapped: Swapped | undefined;
  waits: Link<Tenant> | undefined;
  /** The promise that the call waits for. */
  promise: Pointer = 0;
  /** Why guest code must not go on. The first reason stays. */
  stopped: ErrorWire | undefined;
  /** Whether the caller has its result, and its background goes on. */
  isAnswered = false;
  /** Answers to its capability calls that have arrived while it has no sandbox. */
  answers = 0;
  readonly #environment: CallEnvironment;
  readonly #watch: Stopwatch = new Stopwatch();
  /** Which limit its time counts against. */
  readonly #budget: 'cpuTimeMs' | 'loadTimeMs';
  /** The promises of its pending capability calls, by `seq`. */
  #pending: Map<number, PromiseCapability> | undefined;
  #outbox: CapabilityCallWire[] | undefined;
  /** Number of its slice in `SLOT.slice`: the host stops a slice by its number. */
  #slice = 0;
  #flushAt = 0;
  #seq = 0;
  #rejections: Rejection[] | undefined;
  /** Of the rejection that its caller is told; 0 if there is none. */
  #toldReason: Pointer = 0;
  #capabilityCalls = 0;
  #logLines = 0;
  #logBytes = 0;

  constructor(callId: number, extension: ExtensionWire, sandbox: Sandbox, environment: CallEnvironment) {
    this.callId = callId;
    this.extension = extension;
    this.seat = sandbox;
    this.#environment = environment;
    this.#budget = callId < 0 ? 'loadTimeMs' : 'cpuTimeMs';
  }

  /** The sandbox that it runs in. */
  get sandbox(): Sandbox {
    if (!this.seat) throw new Error('Cannot enter a call that is swapped out');
    return this.seat;
  }

  get maxMemoryBytes(): number {
    return this.#environment.maxMemoryBytes;
  }

  /** Its outcome, with the time and memory that it has used so far. */
  outcome(result: Result, goesOn = false): OutcomeWire {
    return toOutcome(this.callId, result, new Usage(this.#watch.spentMs, this.sandbox.heapBytes), goesOn);
  }

  /**
   * Whether it has started something that is not over: a capability call that waits for its answer,
   * or a job that has not run.
   */
  get isBusy(): boolean {
    return this.isPending || this.sandbox.hasJobs;
  }

  /** Counts a failure of its sandbox that no limit explains. */
  countFailure(): void {
    this.#environment.counters.failures++;
  }

  /** Whether a capability call is still to be answered, or its answer waits for the sandbox. */
  get isPending(): boolean {
    return this.answers > 0 || (this.#pending !== undefined && this.#pending.size > 0);
  }

  /** Takes the promise of a capability call: undefined the second time. */
  takePromise(seq: number): PromiseCapability | undefined {
    const promise = this.#pending?.get(seq);
    this.#pending?.delete(seq);
    return promise;
  }

  /** Values that the call still holds in a sandbox that goes on without it. */
  held(): Pointer[] {
    const reasons = this.takeRejections().map(({ reason }) => reason);
    return [this.promise, this.#toldReason, ...reasons, ...[...(this.#pending?.values() ?? [])].flatMap(heldBy)];
  }

  /** Takes the promise that it comes to out of the rejections: its caller handles that. */
  tellCaller(promise: Pointer): void {
    this.#toldReason = this.onHandled(promise);
  }

  /** Whether a promise is rejected that nobody has handled so far. */
  get hasRejections(): boolean {
    return this.#rejections !== undefined && this.#rejections.length > 0;
  }

  /** The rejections that nobody has handled so far; once. */
  takeRejections(): readonly Rejection[] {
    const rejections = this.#rejections ?? [];
    this.#rejections = undefined;
    return rejections;
  }

  /**
   * Tells the host of a rejection, as far as lines of a log may be told.
   *
   * @param description left out if its reason cannot be read
   */
  tellRejection(description: Uint8Array | undefined): void {
    const args = description ? [description] : [];
    if (this.#countLine(sizeOf(args)) === undefined) this.#post(UNHANDLED_REJECTION, args);
  }

  /** Runs guest code under this call's limits. Slices do not nest. */
  slice<T>(run: () => T): T {
    const { slots } = this.#environment;
    this.#slice = (Atomics.add(slots, SLOT.slice, 1) + 1) | 0;
    Atomics.store(slots, SLOT.callId, this.callId);
    this.#flushAt = this.#watch.start() + FLUSH_AFTER_MS;
    try {
      return run();
    } finally {
      this.#watch.stop();
      Atomics.store(slots, SLOT.callId, 0);
      this.#flush();
    }
  }

  /**
   * Does the engine's own work for this call: within its time, but in no slice. It ends by itself:
   * a watchdog that saw a slice would end the thread for what lasts beyond the grace.
   */
  work<T>(run: () => T): T {
    this.#watch.start();
    try {
      return run();
    } finally {
      this.#watch.stop();
    }
  }

  mustStop(now: number = performance.now()): boolean {
    if (this.stopped) return true;
    this.#environment.coreYield?.offer(now, this.#watch.sliceMs(now));
    if (this.#watch.isOver(this.extension.limits[this.#budget], now))
      this.stopped = limitFailure('E_CPU', this.extension, this.#budget, this.#watch.runningMs());
    else if (Atomics.load(this.#environment.slots, SLOT.stop) === this.#slice)
      this.stopped = limitFailure('E_CPU', this.extension, this.#budget);
    else if (now > this.#flushAt) this.#flush();
    return this.stopped !== undefined;
  }

  onCapability(index: number, args: Uint8Array[], promise: PromiseCapability): CapabilityErrorWire | undefined {
    const { maxCapabilityCalls, maxPendingCapabilityCalls } = this.extension.limits;
    if (++this.#capabilityCalls > maxCapabilityCalls) return this.#exceed('maxCapabilityCalls', this.#capabilityCalls);
    const pending = (this.#pending ??= new Map());
    if (pending.size >= maxPendingCapabilityCalls) return this.#exceed('maxPendingCapabilityCalls', pending.size + 1);
    const bytes = sizeOf(args);
    if (bytes > this.extension.limits.maxResultBytes) return this.#exceed('maxResultBytes', bytes);
    pending.set(this.#post(this.#nameOf(index), args), promise);
    return undefined;
  }

  onRejection(promise: Pointer, keep: () => Pointer): void {
    const rejections = (this.#rejections ??= []);
    const reason = rejections.length < MAX_REJECTIONS ? keep() : 0;
    if (reason !== 0) rejections.push({ promise, reason });
  }

  onHandled(promise: Pointer): Pointer {
    // the last one at its address: an earlier one is gone, and nobody can handle it
    const index = this.#rejections?.findLastIndex((each) => each.promise === promise) ?? -1;
    return index < 0 ? 0 : this.#rejections!.splice(index, 1)[0]!.reason;
  }

  onSync(index: number, args: Uint8Array[]): CapabilityErrorWire | undefined {
    const name = this.#nameOf(index);
    const exceeded = this.#countLine(sizeOf(args));
    if (exceeded) return name === 'console' ? undefined : this.#exceed(...exceeded);
    this.#post(name, args);
    return undefined;
  }

  /** Counts a line of the log, unless it exceeds a limit. @returns that limit */
  #countLine(bytes: number): [limit: 'maxLogLines' | 'maxLogBytes', used: number] | undefined {
    const { maxLogLines, maxLogBytes } = this.extension.limits;
    if (this.#logLines + 1 > maxLogLines) return ['maxLogLines', this.#logLines + 1];
    if (this.#logBytes + bytes > maxLogBytes) return ['maxLogBytes', this.#logBytes + bytes];
    this.#logLines++;
    this.#logBytes += bytes;
    return undefined;
  }

  #nameOf(index: number): string {
    return this.extension.capabilities[index]?.name ?? '';
  }

  #post(name: string, args: Uint8Array[]): number {
    (this.#outbox ??= []).push({ callId: this.callId, seq: ++this.#seq, name, args });
    return this.#seq;
  }

  #flush(): void {
    if (!this.#outbox) return;
    this.#environment.send(this.#outbox);
    this.#outbox = undefined;
  }

  /** Ends the call: the guest sees an error now, and no more once the engine polls. */
  #exceed(name: keyof Limits, used: number): CapabilityErrorWire {
    this.stopped ??= limitFailure('E_QUOTA', this.extension, name, used);
    return { name: 'Error', message: this.stopped.message, code: 'E_QUOTA' };
  }
}

function sizeOf(args: Uint8Array[]): number {
  return args.reduce((sum, { length }) => sum + length, 0);
}
