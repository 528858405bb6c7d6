/**
 * Up to this many entries an array searched from its end beats a Set or Map (one-off: about 30 on
 * Node 20).
 */
const FEW = 24;

/** The objects that a value was found to hold. */
export class SeenObjects {
  readonly #few: object[] = [];
  #many: Set<object> | undefined;

  /** @returns false if it was there already. */
  add(object: object): boolean {
    const few = this.#few;
    if (this.#many) return this.#many.size !== this.#many.add(object).size;
    for (let i = few.length - 1; i >= 0; i--) if (few[i] === object) return false;
    few.push(object);
    if (few.length > FEW) this.#many = new Set(few);
    return true;
  }

  clear(): void {
    this.#few.length = 0;
    this.#many = undefined;
  }
}

/** Property names in the order in which they were met first. */
export class AtomTable {
  names: string[] = [];
  #indices: Map<string, number> | undefined;

  get size(): number {
    return this.names.length;
  }

  /** The position of a name, which is put at the end if it is new. */
  indexOf(name: string): number {
    const known = this.#indices ? this.#indices.get(name) : this.#search(name);
    if (known !== undefined) return known;
    const index = this.names.push(name) - 1;
    if (this.#indices) this.#indices.set(name, index);
    else if (index >= FEW) this.#indices = new Map(this.names.map((each, i) => [each, i]));
    return index;
  }

  #search(name: string): number | undefined {
    const { names } = this;
    for (let i = 0; i < names.length; i++) if (names[i] === name) return i;
    return undefined;
  }

  clear(): void {
    this.names.length = 0;
    this.#indices = undefined;
  }
}
