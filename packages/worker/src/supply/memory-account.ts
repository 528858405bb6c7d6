import { MemoryBudget, type BudgetShare } from '@sandglass/core';

/**
 * What a sandbox takes beside its heap: static data and C stack as far as they are used, card table
 * and copies (200 KiB), and V8's own objects (67 KiB). `pnpm bench --only memory` shows the whole.
 */
const FIXED_BYTES = 256 << 10;

/** What V8's objects take of a call that is swapped out, beside its bytes. */
const SWAPPED_BYTES = 1_024;

/**
 * What one engine charges to the pool's budget: whatever a guest can make resident without asking.
 */
export class MemoryAccount {
  readonly budget: MemoryBudget;
  readonly #lane: number;
  readonly #heapBase: number;

  /** @param heapBase static data and C stack, which no guest can fill: see `Layout`. */
  constructor(heapBase: number, budget: MemoryBudget = MemoryBudget.create(1), lane = 0) {
    this.#heapBase = heapBase;
    this.budget = budget;
    this.#lane = lane;
  }

  /** Charge for a memory of so many bytes. */
  chargeOf(memoryBytes: number): number {
    return Math.max(memoryBytes - this.#heapBase, 0) + FIXED_BYTES;
  }

  open(memoryBytes: number): void {
    this.budget.charge(this.#lane, this.chargeOf(memoryBytes), 1);
  }

  close(memoryBytes: number): void {
    this.budget.charge(this.#lane, -this.chargeOf(memoryBytes), -1);
  }

  grow(bytes: number): void {
    this.budget.charge(this.#lane, bytes);
  }

  /** @returns false, with nothing charged, if there is no room. */
  swapOut(bytes: number): boolean {
    if (this.budget.missingBytes(bytes + SWAPPED_BYTES, 'first') > 0) return false;
    this.grow(bytes + SWAPPED_BYTES);
    return true;
  }

  swapIn(bytes: number): void {
    this.grow(-bytes - SWAPPED_BYTES);
  }

  /** Mean charge of a sandbox, over all lanes. */
  get meanBytes(): number {
    return this.budget.usedBytes / Math.max(this.budget.sandboxes, 1);
  }

  missingBytes(bytes: number, share: BudgetShare): number {
    return this.budget.missingBytes(bytes, share);
  }
}
