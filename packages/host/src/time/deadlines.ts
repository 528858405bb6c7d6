import { LinkedList, type Link } from '@sandglass/core';

/** Something that must be over by `deadlineMs`, `wallTimeMs` after it began. */
export interface Timed {
  wallTimeMs: number;
  deadlineMs: number;
  /** Where it is watched, while it is. */
  timing?: Link<Timed> | undefined;
}

/** Empty groups that are kept for the next call with the same limit. */
const MAX_EMPTY_GROUPS = 16;

/**
 * The deadlines of all live calls, without a timer for each.
 *
 * Calls with the same limit expire in the order in which they began, so one list per limit is
 * sorted as it stands, and a check looks at the first of each.
 */
export class Deadlines<Item extends Timed> {
  readonly #groups: Map<number, LinkedList<Item>> = new Map();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Sets the deadline, `item.wallTimeMs` from now, and watches it. */
  add(item: Item, nowMs: number): void {
    item.deadlineMs = nowMs + item.wallTimeMs;
    let group = this.#groups.get(item.wallTimeMs);
    if (!group) this.#groups.set(item.wallTimeMs, (group = new LinkedList()));
    item.timing = group.push(item);
    this.#size += 1;
  }

  delete(item: Item): void {
    const { timing } = item;
    if (!timing) return;
    item.timing = undefined;
    if (this.#groups.get(item.wallTimeMs)?.remove(timing as Link<Item>) === true) this.#size -= 1;
  }

  /** Items whose deadline has passed, still watched until they are deleted. */
  expired(nowMs: number): Item[] {
    const result: Item[] = [];
    for (const [wallTimeMs, group] of this.#groups) {
      if (group.size === 0 && this.#groups.size > MAX_EMPTY_GROUPS) this.#groups.delete(wallTimeMs);
      for (const item of group) {
        if (item.deadlineMs > nowMs) break;
        result.push(item);
      }
    }
    return result;
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const group of this.#groups.values()) yield* group;
  }
}
