import { VirtualClock } from '../../time/virtual-clock.js';
import { Deadlines, type Timed } from '../../time/deadlines.js';

/** How exactly limits are kept. */
const TICK_MS = 10;

interface Entry extends Timed {
  onLate: () => void;
}

/**
 * Limits of requests under way, on a clock that does not run while this thread cannot: a pause of
 * the host fails none of them, since what arrived meanwhile is read before their time goes on.
 *
 * One timer for all, and none while nothing is under way.
 */
export class RequestDeadlines {
  readonly #clock: VirtualClock;
  readonly #running: Deadlines<Entry> = new Deadlines();
  #timer: NodeJS.Timeout | undefined;

  /** @param realNowMs for tests: the monotonic clock behind it. */
  constructor(realNowMs?: () => number) {
    this.#clock = new VirtualClock(2 * TICK_MS, realNowMs);
  }

  /** Limits that are running. */
  get size(): number {
    return this.#running.size;
  }

  /**
   * Calls `onLate` when a limit has passed. It must not throw.
   *
   * @returns takes it back; no effect once it was called.
   */
  add(limitMs: number, onLate: () => void): () => void {
    if (!this.#timer) {
      this.#clock.tick(); // time while no limit ran counts for none
      this.#timer = setInterval(() => this.tick(), TICK_MS);
    }
    const entry: Entry = { wallTimeMs: limitMs, deadlineMs: 0, onLate };
    this.#running.add(entry, this.#clock.nowMs());
    return () => this.#remove(entry);
  }

  /** Ends what is late, as the timer does. */
  tick(): void {
    for (const entry of this.#running.expired(this.#clock.tick())) {
      this.#remove(entry);
      entry.onLate();
    }
  }

  #remove(entry: Entry): void {
    this.#running.delete(entry);
    if (this.#running.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
