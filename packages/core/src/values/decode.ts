import { tooDeep, tooMany } from './cloneable.js';
import {
  FORM,
  MAX_BYTES_AT_ONCE,
  MAX_DEPTH,
  MAX_TABLE_VALUES,
  SERIAL_VERSION,
  TAG,
  TYPED_ARRAYS,
  type Table,
} from './format.js';
import { readNames } from './names.js';
import { createView, defineValue } from './objects.js';
import { malformed, Reader } from './reader.js';
import { revive } from './revive.js';
import { toHexText } from './text.js';

/**
 * Bytes of the largest BigInt. Source: QuickJS' own limit, 2^20 bits, and one more for the sign.
 */
const MAX_BIGINT_BYTES = 131_073;

/**
 * What a property costs beside an item of a list (one-off: 0.8 µs against 0.2 in an object of many
 * keys).
 */
export const PROPERTY_COST = 4;

/**
 * Different names, and properties of one object: V8 moves what grows beyond in one go, for up to 30
 * ms.
 */
const MAX_NAMES = 262_144;

/** Parts that are decoded in one turn of the event loop: 2 to 5 ms. */
const PARTS_A_TURN = 16_384;

/**
 * Rebuilds a value that came from a sandbox. The bytes may be forged: nothing they hold can do more
 * than throw.
 *
 * A function or a symbol, which only arguments of capabilities carry, becomes an empty one, so that
 * `typeof` is right.
 *
 * @param maxParts of which the value may consist: each item of a list is one, each property four,
 *   each eight bytes of a BigInt one.
 * @throws {SandglassError} `E_CLONE` for bytes that are malformed or need a type that this runtime
 *   lacks, `E_QUOTA` beyond `maxParts`, and beyond 131,072 for what has a Map, Set, RegExp, Error,
 *   hole or shared reference.
 */
export function decodeValue(bytes: Uint8Array, maxParts: number = Number.MAX_SAFE_INTEGER): unknown {
  const form = bytes[0];
  const decoder = open(bytes, form === FORM.table ? Math.min(maxParts, MAX_TABLE_VALUES) : maxParts);
  const value = decoder.read(0);
  return form === FORM.table ? revive(value as Table) : value; // revive checks what it reads
}

/**
 * Like {@link decodeValue}, with a pause after every few milliseconds.
 *
 * @param pause resolves in a later turn of the event loop.
 */
export async function decodeInTurns(bytes: Uint8Array, pause: () => Promise<void>): Promise<unknown> {
  if (bytes.length <= MAX_BYTES_AT_ONCE || bytes[0] !== FORM.direct) return decodeValue(bytes);
  const decoder = open(bytes, Number.MAX_SAFE_INTEGER);
  decoder.begin();
  while (!decoder.advance(PARTS_A_TURN)) await pause();
  return decoder.root;
}

function open(bytes: Uint8Array, maxParts: number): Decoder {
  return openReader(new Reader(bytes), maxParts);
}

/** Reads form, version and names; what follows is the value. */
export function openReader(reader: Reader, maxParts: number): Decoder {
  if (reader.u8() > FORM.table || reader.u8() !== SERIAL_VERSION) throw malformed();
  return new Decoder(reader, maxParts);
}

const PRIMITIVES: ReadonlySet<number> = new Set([TAG.string, TAG.int32, TAG.float64, TAG.true, TAG.false, TAG.bigint]);

/** A list or an object that is being filled. */
interface Frame {
  readonly target: unknown[] | Record<string, unknown>;
  left: number;
}

/** Reads the serialisation: all at once with `read`, or bit by bit with `begin` and `advance`. */
export class Decoder {
  readonly #reader: Reader;
  readonly #maxParts: number;
  #left: number;
  readonly atoms: readonly string[];
  readonly #hostile: boolean;
  /** In the order in which the engine met them, for references. */
  readonly #objects: (object | undefined)[] = [];
  readonly #frames: Frame[] = [];
  root: unknown;

  constructor(reader: Reader, maxParts: number) {
    this.#reader = reader;
    this.#maxParts = this.#left = maxParts;
    const count = reader.leb();
    if (count > reader.remaining) throw malformed();
    if (count > maxParts) throw tooMany(maxParts);
    if (count > MAX_NAMES) throw tooMany(MAX_NAMES);
    const { list, isHostile } = readNames(reader, count);
    this.atoms = list;
    this.#hostile = isHostile;
  }

  read(depth: number): unknown {
    return this.#tagged(this.#reader.u8(), depth);
  }

  /** Reads the root, down to its first list or object. */
  begin(): void {
    this.root = this.#open();
  }

  /** Reads about so many parts. @returns whether that was all */
  advance(parts: number): boolean {
    const until = this.#left - parts;
    while (this.#left > until) {
      const frame = this.#frames.at(-1);
      if (!frame) return true;
      if (frame.left-- === 0) {
        this.#frames.pop();
        continue;
      }
      if (Array.isArray(frame.target)) frame.target.push(this.#open());
      else {
        const key = this.#key();
        this.#left -= PROPERTY_COST - 1;
        this.#set(frame.target, key, this.#open());
      }
    }
    return this.#frames.length === 0;
  }

  /** The next value; a list or an object is filled by `advance`. */
  #open(): unknown {
    const tag = this.#reader.u8();
    const depth = this.#frames.length;
    if (tag !== TAG.object && tag !== TAG.array) return this.#tagged(tag, depth);
    this.#left -= 1;
    const target = tag === TAG.array ? [] : {};
    this.#enter(target, depth);
    const left = this.#count(tag === TAG.array ? 1 : 2);
    if (tag === TAG.object && left > MAX_NAMES) throw tooMany(MAX_NAMES);
    this.#frames.push({ target, left });
    return target;
  }

  #tagged(tag: number, depth: number): unknown {
    const reader = this.#reader;
    if (--this.#left < 0) throw tooMany(this.#maxParts);
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
    const count = this.#count(2);
    this.#left -= (PROPERTY_COST - 1) * count;
    for (let i = 0; i < count; i++) {
      const key = this.#key();
      this.#set(result, key, this.read(depth + 1));
    }
    return result;
  }

  #set(target: Record<string, unknown>, key: string, value: unknown): void {
    if (this.#hostile) defineValue(target, key, value);
    else target[key] = value;
  }

  #array(depth: number): unknown[] {
    const result: unknown[] = [];
    this.#enter(result, depth);
    const length = this.#count(1);
    for (let i = 0; i < length; i++) result.push(this.read(depth + 1));
    return result;
  }

  /** A count of elements, each of which takes so many bytes at least. */
  #count(bytes: number): number {
    const count = this.#reader.leb();
    if (count * bytes > this.#reader.remaining) throw malformed();
    return count;
  }

  #key(): string {
    const atom = this.#reader.leb();
    if (atom & 1) return String(atom >>> 1);
    const key = this.atoms[(atom >>> 1) - 1];
    if (key === undefined) throw malformed();
    return key;
  }

  /** Two's complement, little-endian. */
  #bigint(): bigint {
    const length = this.#reader.leb();
    if (length > MAX_BIGINT_BYTES) throw malformed();
    const bytes = this.#reader.block(length).toReversed();
    if (bytes.length === 0) return 0n;
    if ((this.#left -= length >> 3) < 0) throw tooMany(this.#maxParts);
    const magnitude = BigInt(`0x${toHexText(bytes)}`);
    return (bytes[0]! & 0x80) === 0 ? magnitude : magnitude - (1n << BigInt(8 * length));
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
    // of this realm, where the bytes may not be
    const { buffer } = new Uint8Array(this.#reader.block(length));
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
