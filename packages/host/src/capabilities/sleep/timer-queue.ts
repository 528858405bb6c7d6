/** Longest delay that `setTimeout` keeps; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

interface Entry {
  dueMs: number;
  /** Order of arrival, for those due together. */
  order: number;
  /** Index in the heap; -1 when it has left. */
  index: number;
  fire: () => void;
}

/**
 * Any number of timers over one `setTimeout`: a binary heap by due time, from which an entry can be
 * taken from the middle.
 */
export class TimerQueue {
  readonly #heap: Entry[] = [];
  #arrivals = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = Infinity;

  /** How many timers wait. */
  get size(): number {
    return this.#heap.length;
  }

  /**
   * Runs a function after a delay. It must not throw.
   *
   * @param delayMs 0 or more; Infinity waits until it is cancelled.
   * @returns cancels it; no effect once it has run.
   */
  add(delayMs: number, fire: () => void): () => void {
    const entry: Entry = {
      dueMs: performance.now() + delayMs,
      order: this.#arrivals++,
      index: this.#heap.length,
      fire,
    };
    this.#heap.push(entry);
    this.#rise(entry);
    this.#arm();
    return () => {
      if (entry.index < 0) return;
      this.#remove(entry);
      this.#arm();
    };
  }

  /** Forgets every timer without running it. */
  close(): void {
    for (const entry of this.#heap) entry.index = -1;
    this.#heap.length = 0;
    this.#arm();
  }

  #run(): void {
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
    const nowMs = performance.now();
    for (let first = this.#heap[0]; first && first.dueMs <= nowMs; first = this.#heap[0]) {
      this.#remove(first);
      first.fire();
    }
    this.#arm();
  }

  /** Sets the one timeout to the earliest entry, or clears it. */
  #arm(): void {
    const dueMs = this.#heap[0]?.dueMs;
    if (this.#timer !== undefined && dueMs === this.#timerDueMs) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerDueMs = dueMs ?? Infinity;
    if (dueMs === undefined) return;
    const delayMs = Math.min(Math.max(Math.ceil(dueMs - performance.now()), 1), MAX_TIMEOUT_MS);
    this.#timer = setTimeout(() => this.#run(), delayMs);
  }

  #remove(entry: Entry): void {
    const last = this.#heap.pop();
    const { index } = entry;
    entry.index = -1;
    if (!last || last === entry) return;
    this.#setAt(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: Entry): void {
    while (entry.index > 0) {
      const parentIndex = (entry.index - 1) >> 1;
      const parent = this.#heap[parentIndex];
      if (!parent || isBefore(parent, entry)) return;
      this.#setAt(parent, entry.index);
      this.#setAt(entry, parentIndex);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const child = this.#earlierChild(entry.index);
      if (!child || isBefore(entry, child)) return;
      const { index } = child;
      this.#setAt(child, entry.index);
      this.#setAt(entry, index);
    }
  }

  #earlierChild(index: number): Entry | undefined {
    const left = this.#heap[2 * index + 1];
    const right = this.#heap[2 * index + 2];
    return left && right && isBefore(right, left) ? right : left;
  }

  #setAt(entry: Entry, index: number): void {
    entry.index = index;
    this.#heap[index] = entry;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
