import type { Pointer } from './ffi.js';
import type { Instance } from './instance.js';
import type { Layout } from './memory/layout.js';

/*
 * The bytes of an encoded value on their way into and out of an instance. Outside, the byte of
 * their form is before them.
 */

/** Reads an ArrayBuffer where it lies: `QTS_GetArrayBuffer` copies. */
export function bufferOf({ words }: Instance, { buffer }: Layout, value: Pointer): { at: Pointer; length: number } {
  const { record, data, length } = buffer;
  const info = words[(words[value >> 2]! + record) >> 2]!;
  return { at: words[(info + data) >> 2]!, length: words[(info + length) >> 2]! };
}

/** For so few, a loop is faster than making a view and calling `set`. */
const MAX_LOOPED_BYTES = 32;

/** Writes an encoded value but for its form. */
export function copyIn(encoded: Uint8Array, bytes: Uint8Array, at: Pointer): void {
  const { length } = encoded;
  if (length - 1 > MAX_LOOPED_BYTES) return bytes.set(encoded.subarray(1), at);
  for (let i = 1; i < length; i++) bytes[at + i - 1] = encoded[i]!;
}

/** Fills an encoded value but for its form. */
export function copyOut(bytes: Uint8Array, at: Pointer, encoded: Uint8Array): void {
  const { length } = encoded;
  if (length - 1 > MAX_LOOPED_BYTES) return encoded.set(bytes.subarray(at, at + length - 1), 1);
  for (let i = 1; i < length; i++) encoded[i] = bytes[at + i - 1]!;
}
