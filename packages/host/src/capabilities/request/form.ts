import { typeError } from '../error.js';
import { Expansion, type ExpansionLimits, isPlainObject } from '../expansion.js';
import { bodyTooLarge } from './failure.js';

/** Deeper than this no form is meant. */
const MAX_DEPTH = 100;

/**
 * Values that a field counts as, beside what its list or object does (one-off: 1.2 µs with all
 * that is done to it).
 */
const FIELD_COST = 3;

/** A larger BigInt takes long to print. It is longer than any number is. */
const MAX_BIGINT = 10n ** 1_000n;

/** One field of a form. */
export type FormField = [name: string, value: string];

/**
 * Flattens an object into form fields in bracket notation: `{ a: { b: 1 } }` is `a[b]=1`. A list of
 * plain values right under a name repeats `name[]`; any other list counts its items, `name[0][b]`.
 * Null and undefined drop.
 *
 * @throws {CapabilityError} `E_QUOTA` over a limit; a TypeError for a value that has no text, or
 *   for nesting beyond 100 levels.
 */
export function toFormFields(data: object, limits: ExpansionLimits): FormField[] {
  const form = new FormWriter(limits);
  form.appendAll(data);
  return form.fields;
}

class FormWriter {
  readonly fields: FormField[] = [];
  readonly #expansion: Expansion;

  constructor(limits: ExpansionLimits) {
    this.#expansion = new Expansion(limits, bodyTooLarge);
  }

  appendAll(data: object): void {
    for (const [key, value] of this.#entries(data)) {
      if (Array.isArray(value) && this.#isFlat(value)) for (const item of value) this.#append(`${key}[]`, item, 1);
      else this.#append(key, value, 1);
    }
  }

  #append(name: string, value: unknown, depth: number): void {
    this.#expansion.count(FIELD_COST, name.length); // names grow with each level
    if (value === undefined || value === null) return;
    if (!isNested(value)) {
      const text = toText(value);
      this.#expansion.count(0, text.length);
      this.fields.push([name, text]);
      return;
    }
    if (depth >= MAX_DEPTH) throw typeError(`Request body is nested deeper than ${MAX_DEPTH} levels`);
    for (const [key, item] of this.#entries(value)) this.#append(`${name}[${key}]`, item, depth + 1);
  }

  /** A list counts before its items, or holes, are looked at. */
  #entries(value: object): [string, unknown][] {
    if (Array.isArray(value)) this.#expansion.count(FIELD_COST * value.length);
    const keys = Object.keys(value);
    this.#expansion.count(FIELD_COST * keys.length);
    return keys.map((key) => [key, (value as Record<string, unknown>)[key]]);
  }

  #isFlat(list: readonly unknown[]): boolean {
    this.#expansion.count(list.length);
    return !list.some(isNested);
  }
}

/** Lists and plain objects are walked; dates, buffers and the like are values. */
function isNested(value: unknown): value is object {
  return Array.isArray(value) || isPlainObject(value);
}

/** Prints a string, a number, a boolean or a BigInt of up to 1,000 digits; else undefined. */
export function printPrimitive(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint' && value < MAX_BIGINT && value > -MAX_BIGINT) return String(value);
  return undefined;
}

function toText(value: unknown): string {
  const text = printPrimitive(value);
  if (text !== undefined) return text;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw typeError('Request body has a value that cannot be a form field');
}
