/** Pieces of work in one turn of the event loop: starting a request takes 80 µs. */
const PER_TURN = 16;

/**
 * Spreads work over the turns of the event loop, fairly. An owner that asks for a thousand things
 * at once delays itself; this thread and other owners wait for one turn at the most.
 */
export class TurnBudget<Owner> {
  /** Work that waits for a later turn, by owner, in the order in which the owners are served. */
  readonly #deferred: Map<Owner, (() => void)[]> = new Map();
  #left = PER_TURN;
  #isTurnSet = false;

  /**
   * Does a piece of work now, if this turn has budget left, else in a later turn. The work of one
   * owner stays in its order.
   */
  run(owner: Owner, work: () => void): void {
    this.#setTurn();
    const queue = this.#deferred.get(owner);
    if (queue) queue.push(work);
    else if (this.#left > 0) {
      this.#left -= 1;
      work();
    } else this.#deferred.set(owner, [work]);
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
      const work = queue.shift();
      if (queue.length > 0) this.#deferred.set(owner, queue); // behind the others
      work?.();
    }
    if (this.#deferred.size > 0) this.#setTurn();
  }
}
