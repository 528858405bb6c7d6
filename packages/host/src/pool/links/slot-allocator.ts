import { MemoryBudget } from '@sandglass/core';

/**
 * Gives threads their places in `ThreadTask.waiting` and `ThreadTask.memory`: one each, and one
 * more for all that find none, behind threads that do not end.
 */
export class SlotAllocator {
  readonly waiting: Int32Array<SharedArrayBuffer>;
  readonly memory: MemoryBudget;
  readonly #taken: boolean[];

  constructor(count: number, maxMemoryBytes?: number) {
    this.memory = MemoryBudget.create(count + 1, maxMemoryBytes);
    this.waiting = new Int32Array(new SharedArrayBuffer((count + 1) * Int32Array.BYTES_PER_ELEMENT));
    this.#taken = Array.from({ length: count }, () => false);
  }

  take(): number {
    const place = this.#taken.indexOf(false);
    if (place === -1) return this.#taken.length;
    this.#taken[place] = true;
    return place;
  }

  /** Call it when the thread is gone. */
  free(place: number): void {
    if (place < this.#taken.length) this.#taken[place] = false;
    Atomics.store(this.waiting, place, 0);
    this.memory.clear(place);
  }
}
