import { packCalls } from '@sandglass/core';
import type { CallWire, PackedWire } from '@sandglass/core';

/**
 * Longest list that is sent as a string: for a longer one the copy to a string costs more than
 * cloning a buffer.
 */
const MAX_TEXT_BYTES = 65_536;

/** Calls as a thread gets them. */
export function toPackedCalls(calls: readonly CallWire[]): PackedWire {
  const bytes = packCalls(calls);
  if (bytes.byteLength > MAX_TEXT_BYTES) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
