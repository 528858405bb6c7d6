import { SandglassError } from '../errors.js';
import { MAX_DEPTH, TAG } from './format.js';
import { tooLong } from './json.js';
import { malformed, type Reader } from './reader.js';

/**
 * Thrown for a value that has to be decoded first: one with shared references or rare types. It
 * never leaves this folder.
 */
export const NEEDS_DECODING: unique symbol = Symbol('needs decoding');

/** Values that are written between two looks at the time: up to a millisecond. */
const VALUES_PER_LOOK = 1_024;

/**
 * Writes JSON straight from the serialisation, as `JSON.stringify` would of the decoded value,
 * without making any of its objects: a value of 2 KB takes 10 µs (one-off). It stops writing at the
 * limit.
 */
export class JsonWriter {
  readonly #reader: Reader;
  readonly #names: (string | undefined)[] = [];
  readonly #atoms: readonly string[];
  readonly #maxLength: number;
  readonly #mustStop: () => boolean;
  #untilLook = VALUES_PER_LOOK;
  #text = '';
  /** Whether decoding the serialisation gives the same as parsing the text. */
  isPlain = true;

  /** @param mustStop asked after every so many values. */
  constructor(reader: Reader, atoms: readonly string[], maxLength: number, mustStop: () => boolean) {
    this.#reader = reader;
    this.#atoms = atoms;
    this.#maxLength = maxLength;
    this.#mustStop = mustStop;
  }

  /**
   * Writes the next value.
   *
   * @returns its text; undefined for undefined.
   * @throws {SandglassError} `E_QUOTA` beyond the limit, `E_CPU` if it had to stop; NEEDS_DECODING.
   */
  write(): string | undefined {
    this.#text = '';
    const isThere = this.#value(0);
    this.#check();
    return isThere ? this.#text : undefined;
  }

  /** @returns false for undefined, of which nothing is written. */
  #value(depth: number): boolean {
    const reader = this.#reader;
    if (--this.#untilLook === 0) this.#look();
    switch (reader.u8()) {
      case TAG.string:
        this.#text += JSON.stringify(reader.string());
        this.#check();
        return true;
      case TAG.int32:
        this.#text += reader.sleb();
        return true;
      case TAG.float64:
        this.#number(reader.f64());
        return true;
      case TAG.true:
        this.#text += 'true';
        return true;
      case TAG.false:
        this.#text += 'false';
        return true;
      case TAG.null:
        this.#text += 'null';
        return true;
      case TAG.undefined:
        this.isPlain = false;
        return false;
      case TAG.array:
        this.#array(depth);
        return true;
      case TAG.object:
        this.#object(depth);
        return true;
      case TAG.date:
        this.#date();
        return true;
      default:
        throw NEEDS_DECODING;
    }
  }

  #look(): void {
    if (this.#mustStop()) throw new SandglassError('E_CPU', 'Cannot serialise the result as JSON: its time is used up');
    this.#untilLook = VALUES_PER_LOOK;
  }

  #number(value: number): void {
    if (!Number.isFinite(value) || Object.is(value, -0)) this.isPlain = false;
    this.#text += Number.isFinite(value) ? value : 'null';
  }

  #date(): void {
    const tag = this.#reader.u8();
    if (tag !== TAG.int32 && tag !== TAG.float64) throw malformed();
    const time = tag === TAG.int32 ? this.#reader.sleb() : this.#reader.f64();
    this.isPlain = false;
    this.#text += JSON.stringify(new Date(time)); // null for an invalid one
  }

  #array(depth: number): void {
    this.#enter(depth);
    const length = this.#reader.leb();
    this.#text += '[';
    for (let i = 0; i < length; i++) {
      if (i > 0) this.#text += ',';
      if (!this.#value(depth + 1)) this.#text += 'null';
    }
    this.#text += ']';
  }

  #object(depth: number): void {
    this.#enter(depth);
    const count = this.#reader.leb();
    let separator = '{';
    for (let i = 0; i < count; i++) {
      const before = this.#text;
      this.#text += `${separator}${this.#name()}:`;
      if (this.#value(depth + 1)) separator = ',';
      else this.#text = before;
    }
    this.#text += separator === '{' ? '{}' : '}';
  }

  /** An index among the names stands first in V8's objects, wherever it is in the engine's. */
  #name(): string {
    const atom = this.#reader.leb();
    if (atom & 1) throw NEEDS_DECODING;
    const index = (atom >>> 1) - 1;
    const known = this.#names[index];
    if (known !== undefined) return known;
    const name = this.#atoms[index];
    if (name === undefined) throw malformed();
    return (this.#names[index] = JSON.stringify(name));
  }

  #enter(depth: number): void {
    if (depth > MAX_DEPTH) throw NEEDS_DECODING; // decoding says so
    this.#check();
  }

  #check(): void {
    if (this.#text.length > this.#maxLength) throw tooLong(this.#maxLength);
  }
}
