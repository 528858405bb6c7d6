import { AdaptiveSpin } from '@sandglass/core';

/** How long the event loop spins for an answer: an empty call takes 20 µs, a small one 50. */
const SPIN_MS = 0.1;

/**
 * Keeps the event loop turning while an answer is expected at once, since waking it takes longer
 * than a call. The loop does its other work meanwhile.
 */
export class EventLoopSpin {
  readonly #spin: AdaptiveSpin = new AdaptiveSpin();
  #isKept = false;
  #isScheduled = false;
  #endMs = 0;

  /** Call it when a batch has been sent. */
  begin(): void {
    if (!this.#spin.begin()) return;
    this.#isKept = true;
    this.#endMs = performance.now() + SPIN_MS;
    this.#schedule();
  }

  /** Call it when the answer has come. */
  end(): void {
    if (!this.#isKept) return;
    this.#isKept = false;
    this.#spin.hit();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    if (!this.#isKept) return;
    if (performance.now() < this.#endMs) return this.#schedule();
    this.#isKept = false;
    this.#spin.miss();
  };
}
