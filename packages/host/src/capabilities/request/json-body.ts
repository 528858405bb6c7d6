import { types } from 'node:util';

import { typeError } from '../error.js';
import { Expansion, type ExpansionLimits, isPlainObject } from '../expansion.js';
import { bodyTooLarge } from './failure.js';

/**
 * Values that a date, a boxed value and an element of a typed array count as, by the time that they
 * take.
 */
const OBJECT_COST = 4;

/** Bytes of an ASCII character in JSON that is written as `\u0001`, and as `\n` or `\"`. */
const ESCAPED = 6;
const ESCAPED_SHORT = 2;

/**
 * Writes a body as JSON. All of it is counted before any of it is written, and nothing is left out.
 *
 * @throws {CapabilityError} `E_QUOTA` over a limit; a TypeError for a cycle, and for what JSON has
 *   no text for.
 */
export function encodeJson(body: object, limits: ExpansionLimits): string {
  const expansion = new Expansion(limits, bodyTooLarge);
  expansion.add(body, (value) => countLeaf(value, expansion));
  return JSON.stringify(body);
}

function countLeaf(value: unknown, expansion: Expansion): void {
  if (typeof value === 'string') return expansion.count(0, jsonLength(value));
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol')
    throw unwritable(`it has a ${typeof value}`);
  if (typeof value !== 'object' || value === null) return;
  // each becomes a property
  if (types.isTypedArray(value)) return expansion.count(OBJECT_COST * value.length);
  if (Array.isArray(value) || isPlainObject(value)) throw unwritable('it is circular, or nested too deep');
  expansion.count(OBJECT_COST);
  if (types.isDate(value)) return;
  if (!types.isBoxedPrimitive(value))
    throw unwritable(`it has a ${Object.prototype.toString.call(value).slice(8, -1)}`);
  countLeaf(value.valueOf(), expansion);
}

/** Bytes of a text in JSON. Control characters take six times as many, and as long to write. */
function jsonLength(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20) bytes += ESCAPED;
    else if (code === 0x22 || code === 0x5c) bytes += ESCAPED_SHORT;
    else if (code < 0x80) bytes += 1;
    else bytes += code < 0x800 ? 2 : 3; // half of a surrogate pair: 2 or, written as \ud800, 6
  }
  return bytes;
}

function unwritable(reason: string): Error {
  return typeError(`Request body cannot be sent as JSON: ${reason}`);
}
