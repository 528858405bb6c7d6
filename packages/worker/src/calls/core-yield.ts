/** A slice that lasts longer than this is no ordinary call. */
const AFTER_MS = 1;
/**
 * How often a slice looks whether another thread needs the core. Beside the endless programs of the
 * corpus, 99 of 100 small calls of four callers took 0.35 ms at the most (`pnpm chaos:neighbours`).
 * With a look every 0.3 ms they took up to a quarter longer.
 */
const EVERY_MS = 0.12;
/**
 * How long the thread sleeps. With what the system adds, about 0.1 ms: half of its time at the
 * worst.
 */
const PAUSE_MS = 0.05;

/**
 * Lets other threads of the pool have the core during a long slice, if they have work and no core.
 * The system alone would let them wait for 4 ms and more.
 */
export class CoreYield {
  readonly #unread: Int32Array;
  /** What a pause sleeps on; nothing wakes it. */
  readonly #neverNotified: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  #lookedMs = 0;

  /** @param unread see `ThreadTask.unread`. */
  constructor(unread: Int32Array) {
    this.#unread = unread;
  }

  /**
   * Call it often while guest code runs.
   *
   * @param sliceMs for how long it has.
   */
  offer(nowMs: number, sliceMs: number): void {
    if (sliceMs < AFTER_MS || nowMs - this.#lookedMs < EVERY_MS) return;
    this.#lookedMs = nowMs;
    if (this.#unread.every((_, lane) => Atomics.load(this.#unread, lane) <= 0)) return;
    Atomics.wait(this.#neverNotified, 0, 0, PAUSE_MS);
    this.#lookedMs = performance.now();
  }
}
