/**
 * The time of the pool's limits: real time, but never more than a fixed step from one tick to the
 * next.
 *
 * A blocked event loop, a stopped process or a frozen serverless container makes no ticks, so it
 * uses up nobody's limit. The real source is monotonic: the wall clock may jump.
 */
export class VirtualClock {
  readonly #maxStepMs: number;
  readonly #realNowMs: () => number;
  #virtualMs = 0;
  #lastRealMs: number;

  /** @param maxStepMs what one tick may add at most. */
  constructor(maxStepMs: number, realNowMs: () => number = () => performance.now()) {
    this.#maxStepMs = maxStepMs;
    this.#realNowMs = realNowMs;
    this.#lastRealMs = realNowMs();
  }

  /** Milliseconds since the clock was made. Never goes back. */
  nowMs(): number {
    return this.#virtualMs + this.#stepMs(this.#realNowMs());
  }

  /** Takes the time since the last tick into account, and returns the time. */
  tick(): number {
    const realMs = this.#realNowMs();
    this.#virtualMs += this.#stepMs(realMs);
    this.#lastRealMs = realMs;
    return this.#virtualMs;
  }

  #stepMs(realMs: number): number {
    return Math.min(Math.max(realMs - this.#lastRealMs, 0), this.#maxStepMs);
  }
}
