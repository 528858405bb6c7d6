import { SandglassError } from '../errors.js';
import { FORM, MAX_DEPTH, SERIAL_VERSION, TAG, TYPED_ARRAYS, type Table } from './format.js';
import { malformed, Reader } from './reader.js';
import { revive } from './revive.js';

/** Recursion of the decoder; twice the engine's own, so that only forged bytes meet it. */
const MAX_READ_DEPTH = 10 * MAX_DEPTH;

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

type TypedArrayConstructor = new (buffer: ArrayBuffer, byteOffset: number, length: number) => ArrayBufferView;

class Decoder {
  readonly #reader: Reader;
  readonly #atoms: string[] = [];
  /** In the order in which the engine met them, for references. */
  readonly #objects: (object | undefined)[] = [];

  constructor(reader: Reader) {
    this.#reader = reader;
    const count = reader.leb();
    if (count > reader.remaining) throw malformed();
    for (let i = 0; i < count; i++) this.#atoms.push(reader.string());
  }

  read(depth: number): unknown {
    const reader = this.#reader;
    switch (reader.u8()) {
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
      if (key === '__proto__') defineValue(result, key, value);
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
    const bytes = this.#reader.bytes(this.#reader.leb());
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
    const time = this.read(0);
    if (typeof time !== 'number') throw malformed();
    return (this.#objects[index] = new Date(time));
  }

  #boxed(): object {
    const index = this.#objects.push(undefined) - 1;
    const primitive = this.read(0);
    if (typeof primitive === 'object') throw malformed();
    return (this.#objects[index] = Object(primitive) as object);
  }

  #buffer(): ArrayBuffer {
    const length = this.#reader.leb();
    this.#reader.leb(); // the length it could be resized to
    const buffer = this.#reader.bytes(length).slice().buffer as ArrayBuffer;
    this.#objects.push(buffer);
    return buffer;
  }

  #typedArray(depth: number): ArrayBufferView {
    if (depth > MAX_READ_DEPTH) throw malformed();
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
    if (depth > MAX_READ_DEPTH) throw malformed();
    this.#objects.push(object);
  }
}

/** @throws {SandglassError} `E_CLONE` if this runtime has no such type (Float16Array before Node 24) or the bounds are off. */
export function createView(type: string, buffer: ArrayBuffer, byteOffset: number, length: number): ArrayBufferView {
  const constructor = (globalThis as unknown as Record<string, TypedArrayConstructor | undefined>)[type]; // only names from TYPED_ARRAYS get here
  if (constructor === undefined) throw new SandglassError('E_CLONE', `Cannot copy a ${type}: this runtime has none`);
  try {
    return new constructor(buffer, byteOffset, length);
  } catch {
    throw malformed();
  }
}

/** Sets an own property whatever the name: `__proto__` stays data. */
export function defineValue(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
