import { LinkedList, type Link } from '@sandglass/core';

import { ByteBudget } from '../../byte-budget.js';

/**
 * Requests that may be under way at once. Further ones wait, each extension's in their order; a
 * free slot goes to the extensions round robin.
 */
export class RequestSlots {
  readonly #taken: ByteBudget<string>;
  readonly #waiters: Map<string, LinkedList<() => void>> = new Map();

  /** @param max in all; one extension alone gets half of them. */
  constructor(max: number) {
    this.#taken = new ByteBudget(max);
  }

  /** Takes a slot, which the taker has to release. @returns false if there is none now */
  take(extension: string): boolean {
    if (!this.#taken.fits(extension, 1)) return false;
    this.#taken.add(extension, 1);
    return true;
  }

  /**
   * Waits for a slot.
   *
   * @param onTaken is called when it has one.
   * @returns gives up; no effect afterwards.
   */
  wait(extension: string, onTaken: () => void): () => void {
    let queue = this.#waiters.get(extension);
    if (!queue) this.#waiters.set(extension, (queue = new LinkedList()));
    const link: Link<() => void> = queue.push(onTaken);
    return () => {
      queue.remove(link);
      if (queue.size === 0 && this.#waiters.get(extension) === queue) this.#waiters.delete(extension);
    };
  }

  release(extension: string): void {
    this.#taken.give(extension, 1);
    for (const [next, queue] of this.#waiters) {
      if (!this.take(next)) continue;
      this.#waiters.delete(next);
      const onTaken = queue.shift();
      if (queue.size > 0) this.#waiters.set(next, queue); // behind the others
      onTaken?.();
      return;
    }
  }

  /** Forgets an extension that has nothing under way. */
  forget(extension: string): void {
    this.#taken.forget(extension);
  }
}
