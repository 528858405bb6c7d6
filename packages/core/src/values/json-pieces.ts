import { notJson, stringifyJson, tooLong, tooManyValues } from './json.js';

/** Characters of a piece, values that leave no text counted as one: it is written in 1 to 5 ms. */
const PIECE_LENGTH = 65_536;

/** Values that are written once more because references are shared. */
const MAX_REPEATED_VALUES = 262_144;

/** What stands for a primitive value. */
const BOXED: ReadonlySet<string> = new Set([
  '[object Number]',
  '[object String]',
  '[object Boolean]',
  '[object BigInt]',
]);

/** A string, a list or an object that is not yet written to its end. */
type Frame =
  | { kind: 'text'; text: string; next: number }
  | { kind: 'list'; source: readonly unknown[]; next: number }
  | {
      kind: 'object';
      source: Readonly<Record<string, unknown>>;
      keys: readonly string[];
      next: number;
      hasAny: boolean;
    };

/**
 * Writes what `JSON.stringify` does, in pieces of about 64 KiB: whoever takes them pauses in
 * between. Shared references are written wherever they stand, 262,144 values of such at the most.
 *
 * @param value that was decoded or parsed: nothing in it is a Proxy or has a getter.
 * @param maxLength characters of the whole text.
 * @throws {SandglassError} `E_CLONE` for a cycle or a BigInt, `E_QUOTA` over the limits.
 */
export function* jsonPieces(value: unknown, maxLength: number): Generator<string, void> {
  const writer = new PieceWriter(maxLength);
  if (!writer.begin(value, '')) yield 'null';
  else for (let piece = writer.take(); piece !== ''; piece = writer.take()) yield piece;
}

class PieceWriter {
  readonly #frames: Frame[] = [];
  readonly #seen = new Set<object>();
  readonly #open = new Set<object>();
  readonly #maxLength: number;
  #text = '';
  #length = 0;
  #repeated = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** The next piece; empty at the end. */
  take(): string {
    for (let steps = 0; this.#text.length + steps < PIECE_LENGTH; steps++) {
      const frame = this.#frames.at(-1);
      if (!frame) break;
      this.#step(frame);
      if (this.#length + this.#text.length > this.#maxLength) throw tooLong(this.#maxLength);
    }
    const piece = this.#text;
    this.#length += piece.length;
    this.#text = '';
    // many values without a text: space is allowed there
    return piece === '' && this.#frames.length > 0 ? ' ' : piece;
  }

  /**
   * Writes a leaf, or the first bracket of what `take` writes on.
   *
   * @returns false, and writes nothing, if JSON has no text for it
   */
  begin(value: unknown, before: string): boolean {
    if (typeof value === 'string' && value.length > PIECE_LENGTH) {
      this.#text += `${before}"`;
      this.#frames.push({ kind: 'text', text: value, next: 0 });
    } else if (isContainer(value)) {
      this.#text += before;
      this.#enter(value);
    } else {
      const text = isSimple(value) ? JSON.stringify(value) : stringifyJson(value, this.#maxLength);
      if (text === undefined) return false;
      this.#text += before + text;
    }
    return true;
  }

  #step(frame: Frame): void {
    if (frame.kind === 'text') this.#slice(frame);
    else if (frame.kind === 'list') this.#item(frame);
    else this.#property(frame);
  }

  /** A pair of surrogates stays together: alone, each is escaped. */
  #slice(frame: Frame & { kind: 'text' }): void {
    const { text, next } = frame;
    let end = next + PIECE_LENGTH;
    if ((text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end += 1;
    this.#text += JSON.stringify(text.slice(next, end)).slice(1, -1);
    frame.next = end;
    if (end < text.length) return;
    this.#text += '"';
    this.#frames.pop();
  }

  #item(frame: Frame & { kind: 'list' }): void {
    const { source, next } = frame;
    if (next === source.length) return this.#leave(source, ']');
    frame.next += 1;
    const before = next === 0 ? '' : ',';
    if (!this.begin(source[next], before)) this.#text += `${before}null`;
  }

  #property(frame: Frame & { kind: 'object' }): void {
    const { source, keys, next } = frame;
    const key = keys[next];
    if (key === undefined) return this.#leave(source, '}');
    frame.next += 1;
    if (this.begin(source[key], `${frame.hasAny ? ',' : ''}${JSON.stringify(key)}:`)) frame.hasAny = true;
  }

  #enter(source: object): void {
    if (this.#open.has(source)) throw notJson('it holds a cycle');
    this.#open.add(source);
    const isList = Array.isArray(source);
    const keys = isList ? [] : Object.keys(source);
    if (!this.#seen.has(source)) this.#seen.add(source);
    else this.#repeated += 1 + (isList ? source.length : keys.length);
    if (this.#repeated > MAX_REPEATED_VALUES) throw tooManyValues();
    this.#text += isList ? '[' : '{';
    if (isList) this.#frames.push({ kind: 'list', source, next: 0 });
    else
      this.#frames.push({
        kind: 'object',
        source: source as Record<string, unknown>, // any object can be read by its keys
        keys,
        next: 0,
        hasAny: false,
      });
  }

  #leave(source: object, bracket: string): void {
    this.#open.delete(source);
    this.#frames.pop();
    this.#text += bracket;
  }
}

function isSimple(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/**
 * Whether `JSON.stringify` writes an object as a list or by its keys; the indices of bytes are
 * listed too, but by it alone.
 */
function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false;
  return Object.getPrototypeOf(value) === Object.prototype || !BOXED.has(Object.prototype.toString.call(value));
}
