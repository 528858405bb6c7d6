import { AdaptiveSpin, SLOT } from '@sandglass/core';

/**
 * How long a thread stays awake after a batch: the next call of a caller in a loop comes after 10
 * to 30 µs.
 */
const SPIN_MS = 0.04;
/** Looks between two looks at the clock. */
const LOOKS = 20;

/**
 * Stays awake for a moment, since being woken takes longer than a call. For a caller that makes one
 * call after the other, a call takes a third less, for two to eight at a time less than half. Not
 * for when others have work for the core; a caller that pauses costs next to nothing.
 */
export class SpinThenPark {
  readonly #slots: Int32Array;
  readonly #spin: AdaptiveSpin = new AdaptiveSpin();

  constructor(slots: Int32Array) {
    this.#slots = slots;
  }

  /** Returns once `SLOT.posted` is another than this, or after a moment. */
  wait(posted: number): void {
    if (!this.#spin.begin()) return;
    const endMs = performance.now() + SPIN_MS;
    do {
      for (let i = 0; i < LOOKS; i++) if (Atomics.load(this.#slots, SLOT.posted) !== posted) return this.#spin.hit();
    } while (performance.now() < endMs);
    this.#spin.miss();
  }
}
