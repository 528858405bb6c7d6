/** A set of positions in a sequence, or of its items: one bit for each, 32 to a word. */
export type Positions = Uint32Array;

/**
 * What a pattern is matched with, character by character or name by name.
 *
 * Where the beginning of a pattern can end is a set of positions, and a step of the pattern moves
 * 32 of them at once: with 2,048 characters it takes 0.1 µs. So matching is linear, whatever the
 * pattern, and nothing is tried twice.
 */
export class Sequence<Items extends string | readonly string[]> {
  readonly items: Items;
  readonly #positions: Positions;
  readonly #found = new Map<string, Positions>();
  readonly #others = new Map<string, Positions>();

  constructor(items: Items) {
    this.items = items;
    this.#positions = new Uint32Array((items.length >> 5) + 1);
  }

  /** The set of this one position. It is made once: what began before has ended. */
  begin(position: number): Positions {
    this.#positions.fill(0);
    this.#positions[position >> 5] = 1 << (position & 31);
    return this.#positions;
  }

  hasEnd(positions: Positions): boolean {
    return has(positions, this.items.length);
  }

  /** The positions of an item. */
  find(item: string): Positions {
    let found = this.#found.get(item);
    if (found === undefined) this.#found.set(item, (found = this.#search(item)));
    return found;
  }

  /** The positions of all other items. */
  findOther(item: string): Positions {
    let found = this.#others.get(item);
    if (found === undefined) {
      found = this.find(item).map((word) => ~word);
      found[found.length - 1]! &= (1 << (this.items.length & 31)) - 1;
      this.#others.set(item, found);
    }
    return found;
  }

  /** Adds every position behind the first, the end included. */
  extend(positions: Positions): void {
    let first = 0;
    while (positions[first] === 0) first += 1;
    const word = positions[first];
    if (word === undefined) return;
    positions[first] = -(word & -word);
    positions.fill(-1, first + 1);
    const last = this.items.length & 31;
    if (last < 31) positions[positions.length - 1]! &= (2 << last) - 1;
  }

  #search(item: string): Positions {
    const { items } = this;
    const found = new Uint32Array(this.#positions.length);
    for (let at = items.indexOf(item); at !== -1; at = items.indexOf(item, at + 1)) found[at >> 5]! |= 1 << (at & 31);
    return found;
  }
}

export function has(positions: Positions, position: number): boolean {
  return position >= 0 && (positions[position >> 5]! & (1 << (position & 31))) !== 0;
}

/**
 * Moves each position behind the item there, if it is among these.
 *
 * @returns whether a position is left
 */
export function stepOver(positions: Positions, items: Positions): boolean {
  let carry = 0;
  let left = 0;
  for (let i = 0; i < positions.length; i++) {
    const moved = positions[i]! & items[i]!;
    positions[i] = (moved << 1) | carry;
    left |= positions[i]!;
    carry = moved >>> 31;
  }
  return left !== 0;
}

/**
 * Moves each position behind one or more items, each among these.
 *
 * @returns whether a position is left
 */
export function runOver(positions: Positions, items: Positions): boolean {
  let sumCarry = 0;
  let carry = 0;
  let left = 0;
  for (let i = 0; i < positions.length; i++) {
    const inside = items[i]!;
    const starts = (positions[i]! & inside) >>> 0;
    const sum = inside + starts + sumCarry; // each start carries through its run, and so marks it
    sumCarry = sum > 0xffff_ffff ? 1 : 0;
    const moved = ((sum ^ inside) | starts) & inside;
    positions[i] = (moved << 1) | carry;
    left |= positions[i]!;
    carry = moved >>> 31;
  }
  return left !== 0;
}
