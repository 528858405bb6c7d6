import { uncloneable, tooDeep } from './cloneable.js';
import { flatten } from './flatten.js';
import { FORM, MAX_DEPTH, SERIAL_VERSION, TAG, TYPED_ARRAYS } from './format.js';
import { JsonData } from './json-data.js';
import { SeenObjects, AtomTable } from './seen.js';
import type { Slab } from './slab.js';
import { typedArrayType, types } from './types.js';
import { Writer } from './writer.js';

/** Thrown inside when a value needs a table; never leaves this file. */
const NEEDS_TABLE: unique symbol = Symbol('needs table');

/** Room kept before the body for the atom table, which is known only after it. */
const HEAD_BYTES = 1_024;

interface Encoding {
  readonly body: Writer;
  readonly head: Writer;
  readonly atoms: AtomTable;
  readonly seen: SeenObjects;
}

/** The state that is not in use. A getter of the value may encode one of its own meanwhile. */
let spare: Encoding | undefined;

/**
 * Copies a value into bytes for a sandbox, with the semantics of the structured clone algorithm.
 *
 * Plain JSON-like values, BigInt, Date and binary data take the direct path; cycles, shared
 * references, Map, Set, RegExp, Error and sparse arrays the table.
 *
 * @param value may be a {@link JsonData} of plain data.
 * @param slab where the bytes are put, if they are few. @default a buffer of their own
 * @returns bytes of the caller's own.
 * @throws {SandglassError} `E_CLONE` naming the function, symbol or other value that cannot be
 *   copied, or nesting beyond 1,000.
 */
export function encodeValue(value: unknown, slab?: Slab): Uint8Array<ArrayBuffer> {
  const encoding = spare ?? { body: new Writer(), head: new Writer(), atoms: new AtomTable(), seen: new SeenObjects() };
  spare = undefined;
  try {
    return value instanceof JsonData
      ? encode(encoding, FORM.json, value.value)
      : encode(encoding, FORM.direct, value, slab);
  } catch (error) {
    if (error !== NEEDS_TABLE) throw error;
    return encode(encoding, FORM.table, flatten(value));
  } finally {
    spare = encoding;
  }
}

function encode(encoding: Encoding, form: number, value: unknown, slab?: Slab): Uint8Array<ArrayBuffer> {
  encoding.body.reset(HEAD_BYTES);
  try {
    writeValue(encoding, value, 0);
    return assemble(encoding, form, slab);
  } finally {
    encoding.atoms.clear();
    encoding.seen.clear();
  }
}

function assemble(encoding: Encoding, form: number, slab?: Slab): Uint8Array<ArrayBuffer> {
  const head = encoding.head;
  const body = encoding.body;
  head.reset();
  head.u8(form);
  head.u8(SERIAL_VERSION);
  head.leb(encoding.atoms.size);
  for (let i = 0; i < encoding.atoms.size; i++) head.string(encoding.atoms.names[i]!);
  if (head.at > HEAD_BYTES) {
    const result = new Uint8Array(head.at + body.at - HEAD_BYTES);
    result.set(head.bytes.subarray(0, head.at));
    result.set(body.bytes.subarray(HEAD_BYTES, body.at), head.at);
    return result;
  }
  const start = HEAD_BYTES - head.at;
  for (let i = 0; i < head.at; i++) body.bytes[start + i] = head.bytes[i]!;
  if (!slab) return body.bytes.slice(start, body.at);
  const result = slab.take(body.at - start);
  result.set(body.bytes.subarray(start, body.at));
  return result;
}

function writeValue(encoding: Encoding, value: unknown, depth: number): void {
  const body = encoding.body;
  switch (typeof value) {
    case 'string':
      body.u8(TAG.string);
      return body.string(value);
    case 'number':
      return writeNumber(encoding, value);
    case 'boolean':
      return body.u8(value ? TAG.true : TAG.false);
    case 'undefined':
      return body.u8(TAG.undefined);
    case 'bigint':
      return writeBigInt(encoding, value);
    case 'object':
      return value === null ? body.u8(TAG.null) : writeObject(encoding, value, depth);
    default:
      throw uncloneable(value);
  }
}

function writeNumber(encoding: Encoding, value: number): void {
  if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
    encoding.body.u8(TAG.int32);
    encoding.body.sleb(value);
  } else {
    encoding.body.u8(TAG.float64);
    encoding.body.f64(value);
  }
}

/** Two's complement, little-endian, as few bytes as hold the sign. */
function writeBigInt(encoding: Encoding, value: bigint): void {
  const body = encoding.body;
  body.u8(TAG.bigint);
  if (value === 0n) return body.leb(0);
  let digits = (value < 0n ? ~value : value).toString(16);
  if (digits.length % 2 === 1) digits = `0${digits}`;
  else if (digits[0]! > '7') digits = `00${digits}`;
  const size = digits.length / 2;
  const flip = value < 0n ? 0xff : 0;
  body.leb(size);
  for (let i = size - 1; i >= 0; i--) body.u8(Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16) ^ flip);
}

function writeObject(encoding: Encoding, value: object, depth: number): void {
  if (depth > MAX_DEPTH) throw tooDeep();
  if (!encoding.seen.add(value)) throw NEEDS_TABLE;
  if (types.isProxy(value)) throw uncloneable(value, 'a Proxy');
  if (Array.isArray(value)) return writeArray(encoding, value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null)
    return writePlain(encoding, value as Record<string, unknown>, depth);
  writeExotic(encoding, value);
}

function writeArray(encoding: Encoding, value: unknown[], depth: number): void {
  const { length } = value;
  encoding.body.u8(TAG.array);
  encoding.body.leb(length);
  for (let i = 0; i < length; i++) {
    const item = value[i];
    if (item === undefined && !Object.hasOwn(value, i)) throw NEEDS_TABLE;
    writeValue(encoding, item, depth + 1);
  }
}

function writePlain(encoding: Encoding, value: Record<string, unknown>, depth: number): void {
  const keys = Object.keys(value);
  encoding.body.u8(TAG.object);
  encoding.body.leb(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    writeKey(encoding, key);
    writeValue(encoding, value[key], depth + 1);
  }
}

/**
 * Array indices below 2^31 are atoms of their own; every other key stands in the atom table,
 * counted from 1.
 */
function writeKey(encoding: Encoding, key: string): void {
  const first = key.charCodeAt(0);
  if (first >= 48 && first <= 57) {
    const index = Number(key);
    if (Number.isInteger(index) && index < 2 ** 31 && String(index) === key)
      return encoding.body.leb(((index << 1) | 1) >>> 0);
  }
  encoding.body.leb((encoding.atoms.indexOf(key) + 1) << 1);
}

/** Anything with a prototype of its own, be it `Object.prototype` of another realm. */
function writeExotic(encoding: Encoding, value: object): void {
  if (types.isDate(value)) {
    encoding.body.u8(TAG.date);
    return writeNumber(encoding, Date.prototype.getTime.call(value));
  }
  if (types.isArrayBuffer(value)) return writeBuffer(encoding, new Uint8Array(value));
  if (ArrayBuffer.isView(value)) return writeTypedArray(encoding, value as Uint8Array);
  throw NEEDS_TABLE;
}

function writeBuffer(encoding: Encoding, bytes: Uint8Array): void {
  encoding.body.u8(TAG.arrayBuffer);
  encoding.body.leb(bytes.length);
  encoding.body.leb(0xffff_ffff); // not resizable
  encoding.body.block(bytes);
}

/** The whole buffer travels, as in a structured clone. Two views on one buffer need the table. */
function writeTypedArray(encoding: Encoding, value: Uint8Array): void {
  const { buffer } = value;
  if (!types.isArrayBuffer(buffer) || !encoding.seen.add(buffer)) throw NEEDS_TABLE;
  const type = (TYPED_ARRAYS as readonly (string | undefined)[]).indexOf(typedArrayType(value));
  if (type === -1) throw NEEDS_TABLE; // a DataView
  encoding.body.u8(TAG.typedArray);
  encoding.body.u8(type);
  encoding.body.leb(value.length);
  encoding.body.leb(value.byteOffset);
  writeBuffer(encoding, new Uint8Array(buffer));
}
