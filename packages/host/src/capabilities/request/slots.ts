import { LinkedList, type Link } from '@sandglass/core';

import { ByteBudget } from '../../byte-budget.js';

/**
 * Requests that may be under way at once. Further ones wait, each extension's in their order; a
 * free place goes to the extensions in turn.
 */
export class RequestSlots {
  readonly #taken: ByteBudget<string>;
  readonly #waiting: Map<string, LinkedList<() => void>> = new Map();

  /** @param max in all; one extension alone gets half of them. */
  constructor(max: number) {
    this.#taken = new ByteBudget(max);
  }

  /** Takes a place, which the taker has to release. @returns false if there is none now */
  take(extension: string): boolean {
    if (!this.#taken.fits(extension, 1)) return false;
    this.#taken.add(extension, 1);
    return true;
  }

  /**
   * Waits for a place.
   *
   * @param onTaken is called when it has one.
   * @returns stops waiting; no effect afterwards.
   */
  wait(extension: string, onTaken: () => void): () => void {
    let queue = this.#waiting.get(extension);
    if (!queue) this.#waiting.set(extension, (queue = new LinkedList()));
    const link: Link<() => void> = queue.push(onTaken);
    return () => {
      queue.remove(link);
      if (queue.size === 0 && this.#waiting.get(extension) === queue) this.#waiting.delete(extension);
    };
  }

  release(extension: string): void {
    this.#taken.give(extension, 1);
    for (const [next, queue] of this.#waiting) {
      if (!this.take(next)) continue;
      this.#waiting.delete(next);
      const onTaken = queue.shift();
      if (queue.size > 0) this.#waiting.set(next, queue); // behind the others
      onTaken?.();
      return;
    }
  }

  /** Forgets an extension that has nothing under way. */
  forget(extension: string): void {
    this.#taken.forget(extension);
  }
}
