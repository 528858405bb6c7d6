import { packCalls } from '@sandglass/core';
import type { CallWire, PackedWire } from '@sandglass/core';

/** Longest list that travels as a string; above it, the copies cost more than they spare. */
const MAX_TEXT_BYTES = 65_536;

/** Calls as a thread gets them. */
export function toPackedCalls(calls: readonly CallWire[]): PackedWire {
  const bytes = packCalls(calls);
  if (bytes.byteLength > MAX_TEXT_BYTES) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
