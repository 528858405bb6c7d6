/**
 * A lane that owes answers and has been between slices for this long is asked for a sign of life.
 */
const ASK_AFTER_MS = 1_000;
/**
 * Without one for this long, its thread hangs in the host's own code. Far above what its longest
 * work outside guests takes.
 */
const HANG_MS = 4_000;

/**
 * Sees that an engine's thread hangs outside guest code, where no slot tells: by asking, and
 * waiting for the answer.
 *
 * A thread that waits for its calls answers at once, so that one question a second is all that this
 * costs.
 */
export class Heartbeat {
  #askedMs: number | undefined;
  #lastAnswer: unknown;

  /** Owes nothing, or is seen at work. */
  rest(): void {
    this.#askedMs = undefined;
  }

  /**
   * Call it while the lane owes answers and is between slices.
   *
   * @param quietMs for how long it has been.
   * @param answer what it answered last: another object for each answer.
   * @returns whether it has to be asked now, or has not answered for too long.
   */
  check(nowMs: number, quietMs: number, answer: unknown): 'alive' | 'ask' | 'hangs' {
    if (quietMs < ASK_AFTER_MS) this.rest();
    else if (this.#askedMs === undefined || (answer !== this.#lastAnswer && nowMs - this.#askedMs >= ASK_AFTER_MS)) {
      this.#askedMs = nowMs;
      this.#lastAnswer = answer;
      return 'ask';
    } else if (answer === this.#lastAnswer && nowMs - this.#askedMs >= HANG_MS) return 'hangs';
    return 'alive';
  }
}
