import { AdaptiveSpin } from '@sandglass/core';

/** How long an answer is waited for awake: an empty call takes 20 µs, a small one 50. */
const SPIN_MS = 0.1;

/**
 * Keeps the event loop turning while an answer is expected at once, since being woken takes it
 * longer than a call. Whatever else the loop has to do it does meanwhile.
 */
export class EventLoopSpin {
  readonly #spin: AdaptiveSpin = new AdaptiveSpin();
  #isKept = false;
  #isScheduled = false;
  #endMs = 0;

  /** What is awaited was asked for. */
  begin(): void {
    if (!this.#spin.begin()) return;
    this.#isKept = true;
    this.#endMs = performance.now() + SPIN_MS;
    this.#schedule();
  }

  /** What is awaited has come. */
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
