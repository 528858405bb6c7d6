/** A set of places in a sequence, or of its items: one bit for each, 32 to a word. */
export type Places = Uint32Array;

/**
 * What a pattern is matched with, character by character or name by name.
 *
 * Where the beginning of a pattern can end is a set of places, and a step of the pattern moves 32
 * of them at once: with 2,048 characters it takes 0.1 µs. So matching is linear, whatever the
 * pattern, and nothing is tried twice.
 */
export class Sequence<Items extends string | readonly string[]> {
  readonly items: Items;
  readonly #places: Places;
  readonly #found = new Map<string, Places>();
  readonly #others = new Map<string, Places>();

  constructor(items: Items) {
    this.items = items;
    this.#places = new Uint32Array((items.length >> 5) + 1);
  }

  /** The set of this one place. It is made once: what began before has ended. */
  begin(place: number): Places {
    this.#places.fill(0);
    this.#places[place >> 5] = 1 << (place & 31);
    return this.#places;
  }

  hasEnd(places: Places): boolean {
    return has(places, this.items.length);
  }

  /** Where an item stands. */
  find(item: string): Places {
    let found = this.#found.get(item);
    if (found === undefined) this.#found.set(item, (found = this.#search(item)));
    return found;
  }

  /** Where any other item stands. */
  findOther(item: string): Places {
    let found = this.#others.get(item);
    if (found === undefined) {
      found = this.find(item).map((word) => ~word);
      found[found.length - 1]! &= (1 << (this.items.length & 31)) - 1;
      this.#others.set(item, found);
    }
    return found;
  }

  /** Adds every place behind the first, the end included. */
  extend(places: Places): void {
    let first = 0;
    while (places[first] === 0) first += 1;
    const word = places[first];
    if (word === undefined) return;
    places[first] = -(word & -word);
    places.fill(-1, first + 1);
    const last = this.items.length & 31;
    if (last < 31) places[places.length - 1]! &= (2 << last) - 1;
  }

  #search(item: string): Places {
    const { items } = this;
    const found = new Uint32Array(this.#places.length);
    for (let at = items.indexOf(item); at !== -1; at = items.indexOf(item, at + 1)) found[at >> 5]! |= 1 << (at & 31);
    return found;
  }
}

export function has(places: Places, place: number): boolean {
  return place >= 0 && (places[place >> 5]! & (1 << (place & 31))) !== 0;
}

/**
 * Moves each place behind the item there, if it is among these. @returns whether a place is left
 */
export function stepOver(places: Places, items: Places): boolean {
  let carry = 0;
  let left = 0;
  for (let i = 0; i < places.length; i++) {
    const moved = places[i]! & items[i]!;
    places[i] = (moved << 1) | carry;
    left |= places[i]!;
    carry = moved >>> 31;
  }
  return left !== 0;
}

/** Moves each place behind one or more items, each among these. @returns whether a place is left */
export function runOver(places: Places, items: Places): boolean {
  let sumCarry = 0;
  let carry = 0;
  let left = 0;
  for (let i = 0; i < places.length; i++) {
    const inside = items[i]!;
    const starts = (places[i]! & inside) >>> 0;
    const sum = inside + starts + sumCarry; // each start carries through its run, and so marks it
    sumCarry = sum > 0xffff_ffff ? 1 : 0;
    const moved = ((sum ^ inside) | starts) & inside;
    places[i] = (moved << 1) | carry;
    left |= places[i]!;
    carry = moved >>> 31;
  }
  return left !== 0;
}
