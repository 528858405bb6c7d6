import { IdMap, SandglassError } from '@sandglass/core';
import type { ErrorCode } from '@sandglass/core';

import { Deadlines } from '../../time/deadlines.js';
import type { VirtualClock } from '../../time/virtual-clock.js';
import { limitError } from './call-errors.js';
import type { PoolExtension } from './pool-extension.js';
import type { Job } from './job.js';
import { CallCounters } from '../stats/counters.js';

const MAX_CALL_ID = 2 ** 31 - 1;

/** Lets go of a job that has settled before its lane was done with it: takes it out of its queue, or tells the lane to stop. */
export interface Releaser {
  release(job: Job): void;
}

/** Every accepted call and load, from acceptance to the one settlement that each of them gets. */
export class Ledger {
  readonly #live: Deadlines<Job> = new Deadlines();
  /** Ids of live calls; ids start over after 2^31 calls, which takes half a day at full load. */
  readonly #ids: IdMap<true> = new IdMap();
  /** What all limits are counted on. */
  readonly clock: VirtualClock;
  /** Totals of extensions that are gone. */
  readonly retired: CallCounters = new CallCounters();
  #lastId = 0;
  /** Told whenever the last live job has settled. */
  onEmpty: (() => void) | undefined;
  releaser: Releaser | undefined;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  /** Accepted and not settled. */
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
    extension.counters.accepted += 1;
    if (!signal) return;
    job.onAbort = () => void this.reject(job, aborted(job));
    signal.addEventListener('abort', job.onAbort, { once: true });
  }

  /** Gives a job another deadline, `wallTimeMs` from now. */
  restartDeadline(job: Job, wallTimeMs: number): void {
    this.#live.delete(job);
    job.wallTimeMs = wallTimeMs;
    this.#live.add(job, this.clock.nowMs());
  }

  /** Settles a job that its lane is done with. Nothing if it was settled before. */
  fulfil(job: Job, value: unknown): void {
    if (job.isSettled) return;
    this.#settle(job, 'ok');
    job.resolve(value as never); // the promise's type is its maker's
  }

  /** Settles a job, wherever it is. Nothing if it was settled before. */
  reject(job: Job, error: SandglassError): void {
    if (job.isSettled) return;
    this.releaser?.release(job);
    this.#settle(job, error.code);
    job.reject(error);
  }

  /** Ends every job whose time is up. */
  expire(nowMs: number): void {
    for (const job of this.#live.expired(nowMs)) {
      const isLoading = job.isLoad && job.runs > 0; // its deadline has some slack then
      const limit = isLoading
        ? ({ name: 'loadTimeMs', value: job.limits.loadTimeMs } as const)
        : ({ name: 'wallTimeMs', value: job.wallTimeMs } as const);
      this.reject(job, limitError('E_WALL', job.origin, limit));
    }
  }

  /** Keeps the totals of an extension that leaves. */
  retire(extension: PoolExtension): void {
    this.retired.add(extension.counters);
  }

  #settle(job: Job, how: 'ok' | ErrorCode): void {
    job.state = 'settled';
    this.#live.delete(job);
    this.#ids.delete(job.callId);
    if (job.onAbort) job.signal?.removeEventListener('abort', job.onAbort);
    const { extension } = job;
    extension.counters.countSettled(how);
    extension.live -= 1;
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
