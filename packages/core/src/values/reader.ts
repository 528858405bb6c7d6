import { SandglassError } from '../errors.js';
import { readLatin1, readUtf16 } from './text.js';

/**
 * Reads the serialisation from bytes that are not trusted: every length is checked against what is
 * left.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  #view: DataView | undefined;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    if (this.#at === this.#bytes.length) throw malformed();
    return this.#bytes[this.#at++]!;
  }

  /** The next byte, which stays. */
  peek(): number | undefined {
    return this.#bytes[this.#at];
  }

  leb(): number {
    const first = this.u8();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw malformed();
  }

  sleb(): number {
    const value = this.leb();
    return (value >>> 1) ^ -(value & 1);
  }

  f64(): number {
    const bytes = this.#bytes;
    this.#view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#view.getFloat64(this.skip(8), true);
  }

  /** A view, not a copy. */
  block(length: number): Uint8Array {
    const at = this.skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  string(): string {
    const prefix = this.leb();
    const size = (prefix >>> 1) * (1 + (prefix & 1));
    const at = this.skip(size);
    return prefix & 1 ? readUtf16(this.#bytes, at, at + size) : readLatin1(this.#bytes, at, at + size);
  }

  /** Steps over a string. @returns its UTF-16 code units */
  skipString(): number {
    const prefix = this.leb();
    const length = prefix >>> 1;
    this.skip(length * (1 + (prefix & 1)));
    return length;
  }

  /** Where the next byte is. */
  get at(): number {
    return this.#at;
  }

  /** Goes back to a position that it had before. */
  rewind(at: number): void {
    this.#at = at;
  }

  /** A copy of what lies between two positions that it had. */
  copy(from: number, to: number): Uint8Array {
    return this.#bytes.slice(from, to);
  }

  /** Whether these bytes lie at a position. */
  matches(at: number, bytes: Uint8Array): boolean {
    for (let i = 0; i < bytes.length; i++) if (this.#bytes[at + i] !== bytes[i]) return false;
    return true;
  }

  /** Steps over bytes and answers with where they begin. */
  skip(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw malformed();
    this.#at = at + length;
    return at;
  }
}

export function malformed(): SandglassError {
  return new SandglassError('E_CLONE', 'Cannot read a value from the sandbox: it is malformed');
}
