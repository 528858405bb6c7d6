/**
 * A lane that owes answers and has been between slices for this long is asked for a sign of life.
 */
const ASK_AFTER_MS = 1_000;
/**
 * A thread that has not answered for this long hangs in our own code. Its longest work outside
 * guests takes far less.
 */
const HANG_MS = 4_000;

/**
 * Detects a thread that hangs outside guest code, where no slot shows it: the lane is asked for its
 * statistics, and has to answer.
 *
 * A thread whose calls are suspended answers at once, so that the cost is one question a second.
 */
export class Heartbeat {
  #askedMs: number | undefined;
  #lastAnswer: unknown;

  /** Call it when the lane owes no answer, or is seen at work. */
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
