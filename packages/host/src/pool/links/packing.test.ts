import { packOutcomes, unpackCalls } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { toPackedCalls } from './packing.js';
import { readOutcomes } from './validate.js';
import { succeeded } from '../testing/fake-lanes.js';
import { UNSOUND } from '../testing/unsound.js';

const call = (byteLength: number) => ({
  callId: 1,
  extensionId: 2,
  handler: 3,
  argument: Uint8Array.from({ length: byteLength }, (_, i) => i),
});

describe('toPackedCalls', () => {
  test.each([
    [10, 'string'],
    [100_000, 'object'],
  ])('calls with %i bytes travel as a %s, and none of them changes', (byteLength, type) => {
    const packed = toPackedCalls([call(byteLength)]);
    expect(typeof packed).toBe(type);
    const bytes = typeof packed === 'string' ? Buffer.from(packed, 'latin1') : packed;
    expect(unpackCalls(bytes)).toEqual([call(byteLength)]);
  });

  test('outcomes are read from a string and from bytes', () => {
    const { packed } = packOutcomes([succeeded(1)]);
    const text = Buffer.from(packed).toString('latin1');
    expect(readOutcomes({ packed: text })).toEqual(readOutcomes({ packed, errors: [] }));
    expect(readOutcomes({ packed: text })).toHaveLength(1);
  });

  test.each([
    ...UNSOUND,
    { packed: 7 },
    { packed: '', errors: [] },
    { packed: new Uint8Array(new SharedArrayBuffer(64)) },
    { packed: new ArrayBuffer(64) },
    { packed: new Uint8Array(4), errors: 'x' },
    { packed: '\u0001\u0000\u0000\u0000' },
  ])('%j is no list of outcomes', (message) => {
    expect(readOutcomes(message)).toBeUndefined();
  });
});
