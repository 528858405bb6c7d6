import { LinkedList } from '@sandglass/core';

/** Pieces of work in one turn of the event loop: starting a request takes 80 µs. */
const PER_TURN = 16;

/** Pieces that nobody wants any more and that count as one: dropping so many takes 10 µs. */
const DROPPED_AT_ONCE = 256;

/** A class, no literal: see `LinkedList` in core. */
class Deferred {
  readonly work: () => void;
  readonly isWanted: () => boolean;

  constructor(work: () => void, isWanted: () => boolean) {
    this.work = work;
    this.isWanted = isWanted;
  }
}

/**
 * Spreads work over the turns of the event loop, fairly. An owner that asks for a thousand things
 * at once delays itself; this thread and other owners wait for one turn at the most.
 */
export class TurnBudget<Owner> {
  /** Work that waits for a later turn, by owner, in the order in which the owners are served. */
  readonly #deferred: Map<Owner, LinkedList<Deferred>> = new Map();
  #left = PER_TURN;
  #isTurnSet = false;

  /**
   * Does a piece of work now, if this turn has budget left, else in a later turn. The work of one
   * owner stays in its order.
   *
   * @param isWanted asked in a later turn: what nobody wants any more is dropped.
   */
  run(owner: Owner, work: () => void, isWanted: () => boolean): void {
    this.#setTurn();
    const queue = this.#deferred.get(owner);
    if (!queue && this.#left > 0) {
      this.#left -= 1;
      return work();
    }
    const list = queue ?? new LinkedList<Deferred>();
    list.push(new Deferred(work, isWanted));
    if (!queue) this.#deferred.set(owner, list);
  }

  #setTurn(): void {
    if (this.#isTurnSet) return;
    this.#isTurnSet = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isTurnSet = false;
    this.#left = PER_TURN;
    for (const [owner, queue] of this.#deferred) {
      if (this.#left === 0) break;
      this.#left -= 1;
      this.#deferred.delete(owner);
      const next = takeWanted(queue);
      if (queue.size > 0) this.#deferred.set(owner, queue); // behind the others
      next?.work();
    }
    if (this.#deferred.size > 0) this.#setTurn();
  }
}

/** The first that is wanted, unless that is far behind. */
function takeWanted(queue: LinkedList<Deferred>): Deferred | undefined {
  for (let left = DROPPED_AT_ONCE; left > 0; left--) {
    const next = queue.shift();
    if (!next || next.isWanted()) return next;
  }
  return undefined;
}
