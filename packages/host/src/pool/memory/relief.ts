import type { MemoryBudget } from '@sandglass/core';

import type { Lane } from '../lanes/lane.js';
import type { LaneSet } from '../lanes/lane-set.js';

/**
 * Time that lanes get to free what they were asked to: a collection takes 5 to 15 ms, and half a
 * millisecond for each megabyte.
 */
const FREED_WITHIN_MS = 100;

/** Least time between two looks for what nobody uses, however short `idleTimeoutMs` is. */
const MIN_TRIM_MS = 500;

/**
 * Rounds after the last call: the first sees what the calls before it used, the second frees what
 * none has used since.
 */
const ROUNDS = 2;

/**
 * Has lanes free memory: the unused memory after a while, and more at once when the budget is
 * overdrawn.
 */
export class Relief {
  readonly #budget: MemoryBudget;
  readonly #lanes: LaneSet;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #roundsLeft = 0;
  #askedMs = -Infinity;

  /** @param idleTimeoutMs within which unused memory is to be free. */
  constructor(budget: MemoryBudget, lanes: LaneSet, idleTimeoutMs: number) {
    this.#budget = budget;
    this.#lanes = lanes;
    this.#everyMs = Math.max(idleTimeoutMs / ROUNDS, MIN_TRIM_MS);
  }

  /** Call it whenever something is accepted. */
  start(): void {
    this.#roundsLeft = ROUNDS;
    this.#timer ??= setInterval(() => this.#round(), this.#everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Ends the calls that hold most if the budget is overdrawn. Frees unused memory if calls wait for
   * it.
   *
   * @param isWaitedFor whether calls wait.
   */
  tick(isWaitedFor: boolean): void {
    const excessBytes = this.#budget.missingBytes(0, 'first');
    if (excessBytes === 0 && !(isWaitedFor && this.#budget.missingBytes(0, 'more') > 0)) return;
    const nowMs = performance.now();
    if (nowMs - this.#askedMs < FREED_WITHIN_MS) return;
    this.#askedMs = nowMs;
    if (excessBytes > 0) this.#largest()?.link.shed(excessBytes);
    else this.#trim();
  }

  #largest(): Lane | undefined {
    let largest: Lane | undefined;
    for (const lane of this.#lanes.all) {
      if (lane.isUp && lane.link.memoryBytes > (largest?.link.memoryBytes ?? 0)) largest = lane;
    }
    return largest;
  }

  #round(): void {
    this.#trim();
    if (this.#lanes.all.some(({ runs }) => runs.size > 0)) this.#roundsLeft = ROUNDS;
    else this.#roundsLeft -= 1;
    if (this.#roundsLeft < 0) this.stop();
  }

  #trim(): void {
    for (const lane of this.#lanes.all) if (lane.isUp) lane.link.trim();
  }
}
