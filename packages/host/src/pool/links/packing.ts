import { packCalls, unpackOutcomes } from '@sandglass/core';
import type { CallWire, OutcomeWire, PackedWire } from '@sandglass/core';

import { isBytes } from './validate.js';

/** Longest list that travels as a string; above it, the copies cost more than they spare. */
const MAX_TEXT_BYTES = 65_536;

/** Calls as a thread gets them. */
export function toPackedCalls(calls: readonly CallWire[]): PackedWire {
  const bytes = packCalls(calls);
  if (bytes.byteLength > MAX_TEXT_BYTES) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/**
 * Outcomes as a thread sends them: an `OutcomesWire`, if all is well.
 *
 * @returns undefined for a message that is none. Each outcome is still to be checked.
 */
export function readOutcomes(message: unknown): OutcomeWire[] | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { packed, errors = [] } = message as { packed?: unknown; errors?: unknown }; // an object: any key may be read
  const bytes = typeof packed === 'string' ? Buffer.from(packed, 'latin1') : packed;
  return isBytes(bytes) && Array.isArray(errors) ? unpackOutcomes(bytes, errors) : undefined;
}
