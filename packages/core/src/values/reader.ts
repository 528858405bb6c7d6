import { SandglassError } from '../errors.js';

/** Long ASCII goes through TextDecoder, short strings through `fromCharCode`: below about 40 characters the call costs more than the loop. */
const DECODER_FROM = 40;
const CHUNK = 8_192;

const utf8: TextDecoder = new TextDecoder();

/** Reads the serialisation from bytes that are not trusted: every length is checked against what is left. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw malformed();
    return value;
  }

  leb(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
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
    const at = this.#advance(8);
    return this.#view.getFloat64(at, true);
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  string(): string {
    const prefix = this.leb();
    const length = prefix >>> 1;
    return prefix & 1 ? this.#wide(length) : this.#latin1(length);
  }

  skipString(): void {
    const prefix = this.leb();
    this.#advance((prefix >>> 1) << (prefix & 1));
  }

  #latin1(length: number): string {
    const start = this.#advance(length);
    const bytes = this.#bytes;
    if (length < DECODER_FROM) {
      let text = '';
      for (let i = start; i < start + length; i++) text += String.fromCharCode(bytes[i]!);
      return text;
    }
    const part = bytes.subarray(start, start + length);
    return part.every(isAscii) ? utf8.decode(part) : fromUnits(part);
  }

  #wide(length: number): string {
    const start = this.#advance(length * 2);
    const units = new Uint16Array(length);
    for (let i = 0; i < length; i++) units[i] = this.#view.getUint16(start + i * 2, true);
    return fromUnits(units);
  }

  #advance(length: number): number {
    if (length > this.remaining) throw malformed();
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

const isAscii = (byte: number): boolean => byte < 0x80;

function fromUnits(units: Uint8Array | Uint16Array): string {
  let text = '';
  for (let i = 0; i < units.length; i += CHUNK) text += String.fromCharCode(...units.subarray(i, i + CHUNK));
  return text;
}

export function malformed(): SandglassError {
  return new SandglassError('E_CLONE', 'Cannot read a value from the sandbox: it is malformed');
}
