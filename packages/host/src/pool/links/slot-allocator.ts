import { MemoryBudget } from '@sandglass/core';

/**
 * Gives threads their slots in `ThreadTask.unread` and `ThreadTask.memory`: one each, and one
 * more for all that find none, behind threads that do not end.
 */
export class SlotAllocator {
  readonly unread: Int32Array<SharedArrayBuffer>;
  readonly memory: MemoryBudget;
  readonly #taken: boolean[];

  constructor(count: number, maxMemoryBytes?: number) {
    this.memory = MemoryBudget.create(count + 1, maxMemoryBytes);
    this.unread = new Int32Array(new SharedArrayBuffer((count + 1) * Int32Array.BYTES_PER_ELEMENT));
    this.#taken = Array.from({ length: count }, () => false);
  }

  take(): number {
    const slot = this.#taken.indexOf(false);
    if (slot === -1) return this.#taken.length;
    this.#taken[slot] = true;
    return slot;
  }

  /** Call it when the thread is gone. */
  free(slot: number): void {
    if (slot < this.#taken.length) this.#taken[slot] = false;
    Atomics.store(this.unread, slot, 0);
    this.memory.clear(slot);
  }
}
