const LEAST_CAPACITY = 16;
/** No call, load or batch has this id. */
const NONE = 0;

/**
 * A map from ids, signed 32-bit integers other than 0. Unlike a `Map` it keeps no chain of outgrown
 * tables: see `LinkedList`. Ids are given out in order and hardly ever collide: open addressing,
 * linear probing.
 */
export class IdMap<Value> {
  #ids: Int32Array = new Int32Array(LEAST_CAPACITY);
  #values: (Value | undefined)[] = emptyList(LEAST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param id may be anything; a value that is no id is not found. */
  get(id: number): Value | undefined {
    return this.#values[this.#find(id)];
  }

  has(id: number): boolean {
    return this.#ids[this.#find(id)] !== NONE;
  }

  set(id: number, value: Value): void {
    if (2 * this.#size >= this.#ids.length) this.#grow();
    const at = this.#find(id);
    if (this.#ids[at] === NONE) this.#size++;
    this.#ids[at] = id;
    this.#values[at] = value;
  }

  /** @returns false if it is not there. */
  delete(id: number): boolean {
    const mask = this.#ids.length - 1;
    let free = this.#find(id);
    if (this.#ids[free] === NONE) return false;
    for (let at = (free + 1) & mask; this.#ids[at] !== NONE; at = (at + 1) & mask) {
      // from where it would be if nothing were in the way
      const distance = (at - this.#ids[at]!) & mask;
      if (distance < ((at - free) & mask)) continue;
      this.#ids[free] = this.#ids[at]!;
      this.#values[free] = this.#values[at];
      free = at;
    }
    this.#ids[free] = NONE;
    this.#values[free] = undefined;
    this.#size--;
    return true;
  }

  clear(): void {
    this.#ids = new Int32Array(LEAST_CAPACITY);
    this.#values = emptyList(LEAST_CAPACITY);
    this.#size = 0;
  }

  /** As they are now, in the order of their ids. */
  values(): Value[] {
    return [...this.#ids]
      .filter((id) => id !== NONE)
      .sort((a, b) => a - b)
      .map((id) => this.get(id) as Value); // it is there
  }

  /** Where an id is, or would be. */
  #find(id: number): number {
    const mask = this.#ids.length - 1;
    let at = id & mask;
    while (this.#ids[at] !== NONE && this.#ids[at] !== id) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const ids = this.#ids;
    const values = this.#values;
    this.#ids = new Int32Array(2 * ids.length);
    this.#values = emptyList(2 * ids.length);
    for (const [i, id] of ids.entries()) {
      if (id === NONE) continue;
      const at = this.#find(id);
      this.#ids[at] = id;
      this.#values[at] = values[i];
    }
  }
}

function emptyList(length: number): undefined[] {
  return Array.from({ length }, () => undefined);
}
