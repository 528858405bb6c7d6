import { tooDeep } from './cloneable.js';
import { FORM, MAX_DEPTH, SERIAL_VERSION, TAG, TYPED_ARRAYS, type Table } from './format.js';
import { createView, defineValue } from './objects.js';
import { malformed, Reader } from './reader.js';
import { revive } from './revive.js';

/**
 * Rebuilds a value that came from a sandbox. The bytes may be forged: nothing they hold can do more than throw.
 *
 * A function or a symbol, which only arguments of capabilities carry, becomes an empty one, so that `typeof` is right.
 *
 * @throws {SandglassError} `E_CLONE` for bytes that are malformed or need a type that this runtime lacks.
 */
export function decodeValue(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const form = reader.u8();
  if (form > FORM.table || reader.u8() !== SERIAL_VERSION) throw malformed();
  const value = new Decoder(reader).read(0);
  return form === FORM.table ? revive(value as Table) : value; // revive checks what it reads
}

const PRIMITIVES: ReadonlySet<number> = new Set([TAG.string, TAG.int32, TAG.float64, TAG.true, TAG.false, TAG.bigint]);

class Decoder {
  readonly #reader: Reader;
  readonly #atoms: string[] = [];
  /** Whether a key is `__proto__`, which cannot be assigned. */
  readonly #hostile: boolean;
  /** In the order in which the engine met them, for references. */
  readonly #objects: (object | undefined)[] = [];

  constructor(reader: Reader) {
    this.#reader = reader;
    const count = reader.leb();
    if (count > reader.remaining) throw malformed();
    for (let i = 0; i < count; i++) this.#atoms.push(reader.string());
    this.#hostile = this.#atoms.includes('__proto__');
  }

  read(depth: number): unknown {
    return this.#tagged(this.#reader.u8(), depth);
  }

  #tagged(tag: number, depth: number): unknown {
    const reader = this.#reader;
    switch (tag) {
      case TAG.string:
        return reader.string();
      case TAG.int32:
        return reader.sleb();
      case TAG.object:
        return this.#object(depth);
      case TAG.array:
        return this.#array(depth);
      case TAG.true:
        return true;
      case TAG.false:
        return false;
      case TAG.null:
        return null;
      case TAG.undefined:
        return undefined;
      case TAG.float64:
        return reader.f64();
      case TAG.bigint:
        return this.#bigint();
      case TAG.reference:
        return this.#reference();
      case TAG.date:
        return this.#date();
      case TAG.boxed:
        return this.#boxed();
      case TAG.arrayBuffer:
        return this.#buffer();
      case TAG.typedArray:
        return this.#typedArray(depth);
      default:
        throw malformed();
    }
  }

  #object(depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    this.#enter(result, depth);
    const count = this.#reader.leb();
    for (let i = 0; i < count; i++) {
      const key = this.#key();
      const value = this.read(depth + 1);
      if (this.#hostile) defineValue(result, key, value);
      else result[key] = value;
    }
    return result;
  }

  #array(depth: number): unknown[] {
    const result: unknown[] = [];
    this.#enter(result, depth);
    const length = this.#reader.leb();
    if (length > this.#reader.remaining) throw malformed(); // each element takes a byte at least
    for (let i = 0; i < length; i++) result.push(this.read(depth + 1));
    return result;
  }

  #key(): string {
    const atom = this.#reader.leb();
    if (atom & 1) return String(atom >>> 1);
    const key = this.#atoms[(atom >>> 1) - 1];
    if (key === undefined) throw malformed();
    return key;
  }

  #bigint(): bigint {
    const bytes = this.#reader.block(this.#reader.leb());
    if (bytes.length === 0) return 0n;
    const negative = (bytes.at(-1)! & 0x80) !== 0;
    let digits = '';
    for (const byte of bytes) digits = ((negative ? ~byte : byte) & 0xff).toString(16).padStart(2, '0') + digits;
    const magnitude = BigInt(`0x${digits}`);
    return negative ? ~magnitude : magnitude;
  }

  #reference(): object {
    const object = this.#objects[this.#reader.leb()];
    if (object === undefined) throw malformed();
    return object;
  }

  #date(): Date {
    const index = this.#objects.push(undefined) - 1;
    const time = this.#primitive();
    if (typeof time !== 'number') throw malformed();
    return (this.#objects[index] = new Date(time));
  }

  #boxed(): object {
    const index = this.#objects.push(undefined) - 1;
    return (this.#objects[index] = Object(this.#primitive()) as object);
  }

  /** What a date or a box holds; nothing that could nest. */
  #primitive(): unknown {
    const tag = this.#reader.u8();
    if (tag === TAG.undefined || tag === TAG.null || !PRIMITIVES.has(tag)) throw malformed();
    return this.#tagged(tag, 0);
  }

  #buffer(): ArrayBuffer {
    const length = this.#reader.leb();
    this.#reader.leb(); // the length it could be resized to
    const buffer = this.#reader.block(length).slice().buffer as ArrayBuffer;
    this.#objects.push(buffer);
    return buffer;
  }

  #typedArray(depth: number): ArrayBufferView {
    if (depth > MAX_DEPTH) throw tooDeep();
    const type = TYPED_ARRAYS[this.#reader.u8()];
    const length = this.#reader.leb();
    const offset = this.#reader.leb();
    const index = this.#objects.push(undefined) - 1;
    const buffer = this.read(depth + 1);
    if (type === undefined || !(buffer instanceof ArrayBuffer)) throw malformed();
    const view = createView(type, buffer, offset, length);
    this.#objects[index] = view;
    return view;
  }

  #enter(object: object, depth: number): void {
    if (depth > MAX_DEPTH) throw tooDeep();
    this.#objects.push(object);
  }
}
