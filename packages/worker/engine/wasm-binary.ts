import { OP } from './opcodes.js';

/** Reads the binary format of WebAssembly: bytes, and integers in LEB128. */
export class BinaryReader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.bytes[this.at++]!;
  }

  /** An unsigned integer of up to 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  /** A signed integer of up to 64 bits. */
  signed(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(Number(shift) + 7, value);
    }
  }

  /** Moves past integers of any size. */
  skipLebs(count: number): void {
    for (let left = count; left > 0; left--) while (this.byte() >= 0x80);
  }

  /** The next bytes, not copied. */
  slice(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** Length of an integer whose bytes are kept free before its value is known. */
const PADDED_BYTES = 5;

/** Writes the binary format of WebAssembly into a buffer that grows. */
export class BinaryWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** @param capacity bytes to begin with. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  raw(...values: number[]): void {
    for (const value of values) this.byte(value);
  }

  u32(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  /** An instruction on a local. */
  local(op: number, index: number): void {
    this.byte(op);
    this.u32(index);
  }

  /** `i32.const`. */
  constant(value: number): void {
    this.byte(OP.i32Const);
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** ASCII. */
  text(text: string): void {
    for (const character of text) this.byte(character.charCodeAt(0));
  }

  copy(from: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.#bytes.set(from.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  /** What `write` writes, after its length. */
  block(write: (out: this) => void): void {
    const at = this.#length;
    this.#reserve(PADDED_BYTES);
    this.#length += PADDED_BYTES;
    write(this);
    let rest = this.#length - at - PADDED_BYTES;
    for (let i = 0; i < PADDED_BYTES; i++, rest >>>= 7) {
      this.#bytes[at + i] = (rest & 0x7f) | (i < PADDED_BYTES - 1 ? 0x80 : 0);
    }
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#length + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
