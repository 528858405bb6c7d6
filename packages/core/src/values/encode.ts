import { flatten, tooDeep, uncloneable } from './flatten.js';
import { FORM, MAX_DEPTH, SERIAL_VERSION, TAG, TYPED_ARRAYS } from './format.js';
import { Writer } from './writer.js';

/** Thrown inside when a value needs a table; never leaves this file. */
const NEEDS_TABLE: unique symbol = Symbol('needs table');

const body: Writer = new Writer();
const atoms: Map<string, number> = new Map();
const seen: Set<object> = new Set();

/**
 * Copies a value into bytes for a sandbox, with the semantics of the structured clone algorithm.
 *
 * Plain JSON-like values, BigInt, Date and binary data take the direct path; cycles, shared references, Map, Set,
 * RegExp, Error and sparse arrays the table.
 *
 * @returns bytes of the caller's own.
 * @throws {SandglassError} `E_CLONE` naming the function, symbol or other value that cannot be copied, or nesting beyond 1,000.
 */
export function encodeValue(value: unknown): Uint8Array<ArrayBuffer> {
  try {
    return write(FORM.direct, value);
  } catch (error) {
    if (error !== NEEDS_TABLE) throw error;
    return write(FORM.table, flatten(value));
  }
}

function write(form: number, value: unknown): Uint8Array<ArrayBuffer> {
  body.reset();
  atoms.clear();
  seen.clear();
  try {
    writeValue(value, 0);
    return assemble(form);
  } finally {
    seen.clear();
    atoms.clear();
  }
}

const head: Writer = new Writer();

/** The atom table stands before the value but is known only after it. */
function assemble(form: number): Uint8Array<ArrayBuffer> {
  head.reset();
  head.u8(form);
  head.u8(SERIAL_VERSION);
  head.leb(atoms.size);
  for (const atom of atoms.keys()) head.string(atom);
  const result = new Uint8Array(head.length + body.length);
  result.set(head.view());
  result.set(body.view(), head.length);
  return result;
}

function writeValue(value: unknown, depth: number): void {
  switch (typeof value) {
    case 'string':
      body.u8(TAG.string);
      return body.string(value);
    case 'number':
      return writeNumber(value);
    case 'boolean':
      return body.u8(value ? TAG.true : TAG.false);
    case 'undefined':
      return body.u8(TAG.undefined);
    case 'bigint':
      return writeBigInt(value);
    case 'object':
      return value === null ? body.u8(TAG.null) : writeObject(value, depth);
    default:
      throw uncloneable(value);
  }
}

function writeNumber(value: number): void {
  if ((value | 0) === value && !Object.is(value, -0)) {
    body.u8(TAG.int32);
    body.sleb(value);
  } else {
    body.u8(TAG.float64);
    body.f64(value);
  }
}

/** Two's complement, little-endian, as few bytes as hold the sign. */
function writeBigInt(value: bigint): void {
  body.u8(TAG.bigint);
  if (value === 0n) return body.leb(0);
  let digits = (value < 0n ? ~value : value).toString(16);
  if (Number.parseInt(digits[0]!, 16) > 7 || digits.length % 2 === 1) digits = digits.length % 2 === 1 ? `0${digits}` : `00${digits}`;
  const size = digits.length / 2;
  const flip = value < 0n ? 0xff : 0;
  body.leb(size);
  for (let i = size - 1; i >= 0; i--) body.u8(Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16) ^ flip);
}

function writeObject(value: object, depth: number): void {
  if (seen.has(value)) throw NEEDS_TABLE;
  if (depth > MAX_DEPTH) throw tooDeep();
  seen.add(value);
  if (Array.isArray(value)) return writeArray(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return writePlain(value as Record<string, unknown>, depth);
  writeExotic(value);
}

function writeArray(value: unknown[], depth: number): void {
  body.u8(TAG.array);
  body.leb(value.length);
  for (let i = 0; i < value.length; i++) {
    const item = value[i];
    if (item === undefined && !Object.hasOwn(value, i)) throw NEEDS_TABLE;
    writeValue(item, depth + 1);
  }
}

function writePlain(value: Record<string, unknown>, depth: number): void {
  const keys = Object.keys(value);
  body.u8(TAG.object);
  body.leb(keys.length);
  for (const key of keys) {
    writeKey(key);
    writeValue(value[key], depth + 1);
  }
}

/** Array indices below 2^31 are atoms of their own; every other key stands in the atom table, counted from 1. */
function writeKey(key: string): void {
  const first = key.charCodeAt(0);
  if (first >= 48 && first <= 57) {
    const index = Number(key);
    if (index < 2 ** 31 && String(index) === key) return body.leb(((index << 1) | 1) >>> 0);
  }
  let atom = atoms.get(key);
  if (atom === undefined) {
    atom = atoms.size + 1;
    atoms.set(key, atom);
  }
  body.leb(atom << 1);
}

/** Anything with a prototype of its own. `Object.prototype.toString` is only a hint: each branch checks by use. */
function writeExotic(value: object): void {
  if (value instanceof Date) {
    body.u8(TAG.date);
    return writeNumber(value.getTime());
  }
  if (value instanceof ArrayBuffer) return writeBuffer(new Uint8Array(value));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return writeTypedArray(value as Uint8Array);
  throw NEEDS_TABLE;
}

function writeBuffer(bytes: Uint8Array): void {
  body.u8(TAG.arrayBuffer);
  body.leb(bytes.length);
  body.leb(0xffff_ffff); // not resizable
  body.bytes(bytes);
}

/** The whole buffer travels, as in a structured clone. Two views on one buffer need the table. */
function writeTypedArray(value: Uint8Array): void {
  const { buffer } = value;
  if (!(buffer instanceof ArrayBuffer) || seen.has(buffer)) throw NEEDS_TABLE;
  seen.add(buffer);
  body.u8(TAG.typedArray);
  const type = TYPED_ARRAYS.indexOf(value[Symbol.toStringTag]);
  if (type === -1) throw NEEDS_TABLE; // a Buffer answers 'Uint8Array'; anything else is not one
  body.u8(type);
  body.leb(value.length);
  body.leb(value.byteOffset);
  writeBuffer(new Uint8Array(buffer));
}
