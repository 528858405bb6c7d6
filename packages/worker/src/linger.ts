import { SLOT } from '@sandglass/core';

/** How long a thread that has answered the only call in flight stays awake: the next call of a caller in a loop comes after 15 to 30 µs. */
const LINGER_MS = 0.04;
/** Looks between two looks at the clock. */
const LOOKS = 20;
/** After so many times in vain, */
const MAX_MISSES = 4;
/** so many calls are answered without. */
const PAUSE = 50;

/**
 * Stays awake for a moment, since being woken takes longer than a call. For a caller that makes one call after the other, a call
 * takes a third less. With more in flight it would take a core from those who have work; a caller that pauses costs next to nothing.
 */
export class Linger {
  readonly #slots: Int32Array;
  #misses = 0;
  #pause = 0;

  constructor(slots: Int32Array) {
    this.#slots = slots;
  }

  /** Returns once `SLOT.posted` is another than this, or after a moment. */
  wait(posted: number): void {
    if (this.#pause > 0) {
      this.#pause--;
      return;
    }
    const endMs = performance.now() + LINGER_MS;
    do {
      for (let i = 0; i < LOOKS; i++) if (Atomics.load(this.#slots, SLOT.posted) !== posted) return this.#hit();
    } while (performance.now() < endMs);
    this.#miss();
  }

  #hit(): void {
    this.#misses = 0;
  }

  #miss(): void {
    this.#misses++;
    if (this.#misses < MAX_MISSES) return;
    this.#misses = MAX_MISSES - 1; // one more is enough
    this.#pause = PAUSE;
  }
}
