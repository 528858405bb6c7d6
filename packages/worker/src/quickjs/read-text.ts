import type { Pointer } from './ffi.js';
import type { Instance } from './instance.js';
import type { Layout } from './memory/layout.js';

/** How many arguments `String.fromCharCode` is given at once. */
const UNITS_AT_ONCE = 4_096;

/** The word with a string's length has this bit, too: set if its units are of two bytes. */
const IS_WIDE = 0x8000_0000;

/** The units of a string where they lie, one byte or two each. */
export type TextUnits = Uint8Array | Uint16Array;

/** @returns undefined for another value, and for a string that the engine has in pieces */
export function unitsOf({ words, bytes }: Instance, { text }: Layout, value: Pointer): TextUnits | undefined {
  if (words[(value >> 2) + 1] !== text.tag) return undefined;
  const record = words[value >> 2]!;
  const word = words[(record + text.length) >> 2]!;
  const length = (word & ~IS_WIDE) >>> 0;
  const at = record + text.data;
  return word >= IS_WIDE ? new Uint16Array(bytes.buffer, at, length) : bytes.subarray(at, at + length);
}

/** As a string of the host's, lone surrogates included. */
export function readText(units: TextUnits): string {
  let text = '';
  for (let from = 0; from < units.length; from += UNITS_AT_ONCE) {
    const some: ArrayLike<number> = units.subarray(from, from + UNITS_AT_ONCE);
    text += String.fromCharCode.apply(undefined, some as number[]); // array-like is enough
  }
  return text;
}
