import { describe, expect, test } from 'vitest';

import { packCalls, packOutcomes, unpackCalls, unpackOutcomes } from './batch.js';
import type { CallWire, OutcomeWire } from './protocol.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const table = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

const CALLS: CallWire[] = [
  { callId: 1, extensionId: 7, handler: 0, argument: bytes(1, 2, 3) },
  { callId: 2 ** 31 - 1, extensionId: 2 ** 31 - 1, handler: 9_999, argument: bytes() },
  { callId: 3, extensionId: 8, handler: 1, argument: bytes(0, 255) },
];

const OUTCOMES: OutcomeWire[] = [
  { callId: 1, ok: true, value: bytes(5, 6), usage: { cpuTimeMs: 0.25, heapBytes: 2 ** 20 }, goesOn: false },
  {
    callId: 2,
    ok: false,
    error: { code: 'E_GUEST', message: 'no' },
    usage: { cpuTimeMs: 3, heapBytes: 0 },
    goesOn: true,
  },
  { callId: 3, ok: true, value: bytes(), usage: { cpuTimeMs: 0, heapBytes: 0 }, goesOn: true },
  {
    callId: 4,
    ok: false,
    error: { code: 'E_CPU', message: 'slow' },
    usage: { cpuTimeMs: 60_000, heapBytes: 0 },
    goesOn: false,
  },
];

describe('a packed list of calls or outcomes', () => {
  test.each([0, 1, 3])('%i calls come out of a packed list as they went in', (count) => {
    const calls = CALLS.slice(0, count);
    expect(unpackCalls(packCalls(calls))).toEqual(calls);
  });

  test.each([0, 1, 2, 4])('%i outcomes come out of a packed list as they went in', (count) => {
    const outcomes = OUTCOMES.slice(0, count);
    const { packed, errors } = packOutcomes(outcomes);
    expect(unpackOutcomes(packed, errors)).toEqual(outcomes);
  });

  test('a list may lie anywhere in a buffer, aligned or not', () => {
    const packed = packCalls(CALLS);
    const shifted = new Uint8Array(packed.byteLength + 3);
    shifted.set(packed, 3);
    expect(unpackCalls(shifted.subarray(3))).toEqual(CALLS);
  });

  test.each([
    ['nothing', bytes()],
    ['less than a count', bytes(1, 2)],
    ['a negative count', table(-1)],
    ['more rows than there are', table(2, 1, 0, 0, 0)],
    ['a count whose size overflows', table(2 ** 30, 1, 0, 0, 0)],
    ['more bytes than there are', table(1, 1, 0, 0, 1)],
    ['a negative number of bytes that is no mark', table(1, 1, 0, 0, -2)],
  ])('%s is no list of outcomes', (_, packed) => {
    expect(unpackOutcomes(packed, [])).toBeUndefined();
  });

  test('an outcome whose error is missing stays without one, for its reader to refuse', () => {
    expect(unpackOutcomes(table(1, 1, 0, 0, -1), [])).toEqual([
      { callId: 1, ok: false, error: undefined, usage: { cpuTimeMs: 0, heapBytes: 0 }, goesOn: false },
    ]);
  });
});
