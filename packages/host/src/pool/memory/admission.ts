import type { MemoryBudget } from '@sandglass/core';

import type { PoolExtension } from '../jobs/pool-extension.js';
import { FIRST_BYTES } from './call-memory.js';
import type { HeldBytes } from './held-bytes.js';

/** More than most suspended calls hold that are swapped out: 10 to 40 KiB. */
const SUSPENDED_BYTES = 64 << 10;

/**
 * Decides which calls are sent to lanes while memory is short. The others stay queued until memory
 * is free; the wall clock bounds the calls that hold it.
 *
 * Lanes enforce the budget by themselves: without the admission, calls would wait there, and not
 * round robin over the extensions.
 */
export class Admission {
  readonly #budget: MemoryBudget;
  readonly #held: HeldBytes;
  /** Calls of one extension at a time, whatever its limits. */
  readonly #maxCalls: number;
  #hasSlot = true;
  #hasRoomForResults = true;
  /** What is left for calls beyond the first ones. */
  #freeBytes = 0;
  #shareBytes = 0;
  /** What a call on a lane holds on average. */
  #meanBytes = 0;

  constructor(budget: MemoryBudget, held: HeldBytes) {
    this.#budget = budget;
    this.#held = held;
    this.#maxCalls = Math.ceil(budget.maxBytes / 2 / SUSPENDED_BYTES);
  }

  /**
   * Looks at the budget, before a round of `admits`.
   *
   * @param extensions that have calls queued.
   * @param sent calls on lanes.
   */
  look(extensions: number, sent: number): void {
    const { usedBytes, maxBytes } = this.#budget;
    this.#hasSlot = this.#budget.hasSlot('more');
    this.#hasRoomForResults = this.#held.hasRoomForResults;
    this.#freeBytes = this.#budget.freeBytes('more');
    this.#shareBytes = maxBytes / (extensions + 1);
    this.#meanBytes = usedBytes / Math.max(sent, 1);
  }

  /**
   * Whether a call of an extension may go to a lane: the first always, more as long as there is
   * room, or within the extension's share.
   */
  admits({ live, queue, memory, wire, isPersistent }: PoolExtension): boolean {
    const sent = live - queue.size;
    if (sent <= 0) return true;
    if (!this.#hasRoomForResults) return false;
    if (sent >= wire.limits.maxConcurrentCalls || sent >= this.#maxCalls) return false;
    if (isPersistent) return true; // they share one sandbox
    const { bytes } = memory;
    if (!this.#hasSlot || this.#freeBytes < bytes)
      return (sent + 1) * Math.max(bytes, this.#meanBytes) <= this.#shareBytes;
    if (bytes <= FIRST_BYTES) return true;
    if (!this.#budget.fitsAlone((sent + 1) * bytes)) return false;
    this.#freeBytes -= bytes;
    return true;
  }
}
