/** What several of a kind have in common. */
export interface Counted {
  /** How many of its kind there were. */
  count: number;
  firstMs: number;
  lastMs: number;
}

/** How things of a list are told apart. */
export interface Kinds<T> {
  /** How many kinds are kept. */
  length: number;
  /** Whose it is: those of two are never one kind. */
  ownerOf: (item: T) => string | undefined;
  /** Its texts. Numbers in them do not tell one from another: they are ids, sizes, times. */
  textsOf: (item: T) => readonly (string | undefined)[];
  /** About how many bytes it takes. */
  sizeOf: (item: T) => number;
}

const DIGITS = /\d+/g;

/** Things that happened, those of one kind counted together: the latest stands for them. */
export class Groups<T extends Counted> {
  /** In the order in which they happened last. */
  readonly #items = new Map<string, T>();
  readonly #kinds: Kinds<T>;

  constructor(kinds: Kinds<T>) {
    this.#kinds = kinds;
  }

  /** @returns by how many bytes it has grown. */
  add(item: T): number {
    const { length, ownerOf, textsOf, sizeOf } = this.#kinds;
    const key = `${ownerOf(item)}\n${textsOf(item).join('\n').replace(DIGITS, '#')}`;
    const known = this.#items.get(key);
    this.#items.delete(key);
    this.#items.set(
      key,
      known ? { ...item, count: known.count + item.count, firstMs: Math.min(known.firstMs, item.firstMs) } : item,
    );
    const grown = sizeOf(item) - (known ? sizeOf(known) : 0);
    if (this.#items.size <= length) return grown;
    const [oldestKey] = this.#items.keys();
    const oldest = this.#items.get(oldestKey!)!;
    this.#items.delete(oldestKey!);
    return grown - sizeOf(oldest);
  }

  /** The newest first. */
  toArray(): T[] {
    return [...this.#items.values()].toReversed();
  }
}
