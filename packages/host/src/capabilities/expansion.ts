/** Limits of a value, counted with every shared reference written out. */
export interface ExpansionLimits {
  /** Items of lists; a property counts as four. */
  maxValues: number;
  maxBytes: number;
}

/**
 * What a property costs beside an item of a list, in an object of many keys (one-off: 0.8 µs
 * against 0.2).
 */
const PROPERTY_COST = 4;

/**
 * A value that is nested more deeply than this is circular, since no deeper one leaves a sandbox.
 */
const MAX_DEPTH = 1_000;

/**
 * Counts a guest's value with every shared reference written out: a list that occurs ten times
 * counts ten times, since it would be written or walked ten times. Sixty lists that each hold the
 * one before twice are 2^60 values.
 */
export class Expansion {
  readonly #limits: ExpansionLimits;
  readonly #fail: (what: string) => Error;
  #values = 0;
  #bytes = 0;

  /** @param fail makes the error of a value over a limit, of words such as "over 8388608 bytes". */
  constructor(limits: ExpansionLimits, fail: (what: string) => Error) {
    this.#limits = limits;
    this.#fail = fail;
  }

  /** @throws what `fail` makes, once a limit is passed. */
  count(values: number, bytes = 0): void {
    const { maxValues, maxBytes } = this.#limits;
    if ((this.#values += values) > maxValues)
      throw this.#fail(`over ${maxValues} values, each counted wherever it stands`);
    if ((this.#bytes += bytes) > maxBytes) throw this.#fail(`over ${maxBytes} bytes`);
  }

  /**
   * Counts lists and plain objects, with all that they hold.
   *
   * @param leaf gets everything else, keys included, and counts it, or throws. Of what is circular
   *   it gets the list or object beyond 1,000 levels.
   */
  add(value: unknown, leaf: (value: unknown, depth: number) => void, depth = 0): void {
    if (depth > MAX_DEPTH) leaf(value, depth);
    else if (Array.isArray(value)) {
      this.count(value.length); // holes too: they are written
      for (const item of value) this.add(item, leaf, depth + 1);
    } else if (isPlainObject(value)) {
      const keys = Object.keys(value);
      this.count(PROPERTY_COST * keys.length);
      for (const key of keys) {
        leaf(key, depth);
        this.add(value[key], leaf, depth + 1);
      }
    } else leaf(value, depth);
  }
}

/** Whether a value is an object that is neither a list nor of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
