/** Spins in vain in a row after which spinning pauses. */
const MAX_MISSES = 4;
/** Occasions that pass without a spin during a pause. */
const PAUSE = 50;

/**
 * Decides whether a thread spins for a message that may come at once. Being woken takes a thread
 * several microseconds; spinning takes a core.
 */
export class AdaptiveSpin {
  #misses = 0;
  #pause = 0;

  /**
   * Call it on every occasion.
   *
   * @returns whether to spin this time; call `hit` or `miss` afterwards
   */
  begin(): boolean {
    if (this.#pause === 0) return true;
    this.#pause--;
    return false;
  }

  hit(): void {
    this.#misses = 0;
  }

  miss(): void {
    this.#misses++;
    if (this.#misses < MAX_MISSES) return;
    this.#misses = MAX_MISSES - 1; // one more is enough
    this.#pause = PAUSE;
  }
}
