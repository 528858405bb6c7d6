import { IdMap, SandglassError } from '@sandglass/core';
import type { ErrorCode, UsageWire } from '@sandglass/core';

import { Deadlines } from '../../time/deadlines.js';
import type { VirtualClock } from '../../time/virtual-clock.js';
import type { BackgroundEnd } from '../contract.js';
import { limitError } from './call-errors.js';
import type { PoolExtension } from './pool-extension.js';
import type { Job, JobValue } from './job.js';
import { HeldBytes } from '../memory/held-bytes.js';
import { CallCounters } from '../stats/counters.js';

const MAX_CALL_ID = 2 ** 31 - 1;

/**
 * Time for calls that expire together. Each may have thousands of capability calls that end with
 * it: a hundred such calls took half a second.
 */
const EXPIRE_MS = 3;

/** Stops a job that has settled early: takes it out of its queue, or has its lane abort it. */
export interface Releaser {
  release(job: Job): void;
}

/**
 * The list of every accepted call and load, from acceptance until it has settled, which happens
 * once, and until its background is over.
 */
export class Ledger {
  readonly #live: Deadlines<Job> = new Deadlines();
  /** Ids of live calls; ids start over after 2^31 calls, which takes half a day at full load. */
  readonly #ids: IdMap<true> = new IdMap();
  /** The clock of all limits. */
  readonly clock: VirtualClock;
  readonly #onBackground: ((end: BackgroundEnd) => void) | undefined;
  readonly held: HeldBytes;
  /** Counts of all extensions that there were, with durations of those that are gone. */
  readonly total: CallCounters = new CallCounters();
  #lastId = 0;
  /** Told whenever the last live job has settled. */
  onEmpty: (() => void) | undefined;
  releaser: Releaser | undefined;

  constructor(clock: VirtualClock, onBackground?: (end: BackgroundEnd) => void, held: HeldBytes = new HeldBytes()) {
    this.clock = clock;
    this.#onBackground = onBackground;
    this.held = held;
  }

  /** Of those that are live, the ones that are answered. */
  background = 0;

  /** Accepted and not over. */
  get size(): number {
    return this.#live.size;
  }

  [Symbol.iterator](): Iterator<Job> {
    return this.#live[Symbol.iterator]();
  }

  /** An id that no live call has. */
  nextId(): number {
    do this.#lastId = this.#lastId === MAX_CALL_ID ? 1 : this.#lastId + 1;
    while (this.#ids.has(this.#lastId));
    return this.#lastId;
  }

  /** Takes a job in. From here on it settles, once. */
  accept(job: Job): void {
    const { extension, signal } = job;
    job.acceptedMs = performance.now();
    this.#live.add(job, this.clock.nowMs());
    if (!job.isLoad) this.#ids.set(job.callId, true);
    extension.live += 1;
    this.held.hold(job, job.argument.byteLength);
    extension.counters.countAccepted();
    if (!signal) return;
    job.onAbort = () => void this.reject(job, aborted(job));
    signal.addEventListener('abort', job.onAbort, { once: true });
  }

  /** Milliseconds left of a job's `wallTimeMs`. */
  leftMs(job: Job): number {
    return Math.max(job.deadlineMs - this.clock.nowMs(), 0);
  }

  /** Gives a job another deadline, `wallTimeMs` from now. */
  restartDeadline(job: Job, wallTimeMs: number): void {
    this.#live.delete(job);
    job.wallTimeMs = wallTimeMs;
    this.#live.add(job, this.clock.nowMs());
  }

  /**
   * Resolves a job; does nothing if it has settled.
   *
   * @param goesOn whether something that it has started does: see `finish`.
   */
  fulfil(job: Job, value: JobValue, goesOn = false): void {
    if (job.isSettled || job.state === 'answered') return;
    this.#answer(job, 'ok', goesOn);
    job.resolve(value);
  }

  /**
   * Rejects a job wherever it is, and ends its background unless that `goesOn`. Does nothing if it
   * is over.
   */
  reject(job: Job, error: SandglassError, goesOn = false): void {
    if (job.isSettled) return;
    if (!goesOn) this.releaser?.release(job);
    if (job.state === 'answered') return this.finish(job, undefined, error);
    this.#answer(job, error.code, goesOn);
    job.reject(error);
  }

  /**
   * Ends the background of an answered job.
   *
   * @param error that ended it, if it did not end by itself
   */
  finish(job: Job, usage?: UsageWire, error?: SandglassError): void {
    if (job.state !== 'answered') return;
    const { callId, handler, extension } = job;
    this.background -= 1;
    extension.background -= 1;
    this.#settle(job);
    job.onOver?.();
    const durationMs = performance.now() - job.answeredMs;
    this.#onBackground?.({ extension: extension.wire, callId, handler, durationMs, usage, error });
  }

  /** Ends every job whose time is up. */
  expire(nowMs: number): void {
    const untilMs = performance.now() + EXPIRE_MS;
    for (const job of this.#live.expired(nowMs)) {
      const isLoading = job.isLoad && job.runs > 0; // its deadline has some slack then
      const limit = isLoading
        ? ({ name: 'loadTimeMs', value: job.limits.loadTimeMs } as const)
        : ({ name: 'wallTimeMs', value: job.wallTimeMs } as const);
      this.reject(job, limitError('E_WALL', job.origin, limit));
      if (performance.now() > untilMs) return; // more at the next tick
    }
  }

  /** Keeps the durations of an extension that leaves. */
  retire(extension: PoolExtension): void {
    this.total.addDurations(extension.counters);
  }

  #answer(job: Job, how: 'ok' | ErrorCode, goesOn: boolean): void {
    const { extension } = job;
    extension.counters.countSettled(how, job.isLoad);
    if (job.onAbort) job.signal?.removeEventListener('abort', job.onAbort);
    if (!goesOn) return this.#settle(job);
    job.state = 'answered';
    job.answeredMs = performance.now();
    job.clear();
    extension.background += 1;
    this.background += 1;
    job.waitUntil?.(new Promise((resolve) => (job.onOver = resolve)));
  }

  #settle(job: Job): void {
    const { extension } = job;
    job.state = 'settled';
    this.#live.delete(job);
    this.#ids.delete(job.callId);
    extension.live -= 1;
    this.held.hold(job, -job.heldBytes);
    job.clear();
    job.endRun();
    if (extension.live === 0) extension.onDrained?.();
    if (this.#live.size === 0) this.onEmpty?.();
  }
}

/** The error of a call whose caller gave up. */
export function aborted(job: Job): SandglassError {
  return new SandglassError('E_ABORTED', `Cannot finish "${job.extension.wire.name}": the caller aborted`, {
    ...job.origin,
    cause: job.signal?.reason,
  });
}
