/** After so many waits in vain, */
const MAX_MISSES = 4;
/** so many occasions go by without. */
const PAUSE = 50;

/**
 * Whether to stay awake for what may come at once: being woken takes a thread several microseconds,
 * staying awake takes a core.
 */
export class AdaptiveSpin {
  #misses = 0;
  #pause = 0;

  /**
   * Call it on every occasion. @returns whether to wait on this one; tell what came of it with
   * `hit` or `miss`
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
