import { isWide, NATIVE_FROM, writeLatin1, writeUtf16 } from './text.js';

const START_BYTES = 4_096;
const KEEP_BYTES = 1 << 20;

/** Growing byte buffer in the serialisation's little-endian, LEB128 form. */
export class Writer {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(START_BYTES);
  #view: DataView = new DataView(this.bytes.buffer);
  /** Where the next byte goes. */
  at = 0;

  u8(value: number): void {
    if (this.at === this.bytes.length) this.#grow(1);
    this.bytes[this.at++] = value;
  }

  /** Unsigned, up to 32 bits. */
  leb(value: number): void {
    let rest = value >>> 0;
    if (this.at + 5 > this.bytes.length) this.#grow(5);
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.at++] = rest;
  }

  /** Signed, 32 bits, zigzag. */
  sleb(value: number): void {
    this.leb((value << 1) ^ (value >> 31));
  }

  f64(value: number): void {
    if (this.at + 8 > this.bytes.length) this.#grow(8);
    this.#view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  block(value: Uint8Array): void {
    if (this.at + value.length > this.bytes.length) this.#grow(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  /** Latin-1 when every unit fits a byte, else UTF-16; lone surrogates and NUL stay. */
  string(text: string): void {
    const { length } = text;
    if (this.at + length * 2 + 5 > this.bytes.length) this.#grow(length * 2 + 5);
    if (length >= NATIVE_FROM) return this.#long(text, isWide(text) ? 1 : 0);
    const start = this.at;
    this.leb(length << 1);
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0xff) {
        this.at = start;
        return this.#long(text, 1);
      }
      this.bytes[this.at++] = unit;
    }
  }

  #long(text: string, wide: 0 | 1): void {
    this.leb((text.length << 1) | wide);
    if (wide) writeUtf16(this.bytes, this.at, text);
    else writeLatin1(this.bytes, this.at, text);
    this.at += text.length << wide;
  }

  /** Starts over at a position, with the memory at hand unless it grew beyond a megabyte. */
  reset(at = 0): void {
    this.at = at;
    if (this.bytes.length > KEEP_BYTES) this.#use(new Uint8Array(START_BYTES));
  }

  #grow(count: number): void {
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    grown.set(this.bytes.subarray(0, this.at));
    this.#use(grown);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
