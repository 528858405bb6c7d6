import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { compareAscii, createTables } from './compare-ascii.js';

const tables = createTables('en-US');
const { compare } = new Intl.Collator('en-US');

const units = (text: string): Uint16Array => Uint16Array.from(text, (unit) => unit.charCodeAt(0));
const order = (one: string, other: string): number | undefined => compareAscii(tables, units(one), units(other));

/** Texts that are alike for a while, so that more than their first letters count. */
const text = fc.string({ unit: fc.constantFrom(...'aAbB zZ019-_.,\'"/~!'), maxLength: 6 });

describe('compareAscii', () => {
  test('says what the collator says of printable ASCII', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), fc.oneof(text, fc.string()), (one, other) => {
        expect(order(one, other)).toBe(compare(one, other));
      }),
      { numRuns: 5_000, seed: 20 },
    );
  });

  test.each([
    ['é', 'f'],
    ['a', '\u0301'],
    ['a', 'a\u0301'],
    ['b\u0301', 'a'],
    ['a\0', 'a'],
    ['\t', ' '],
    ['a\u007F', 'a'],
  ])('leaves %j and %j to the collator', (one, other) => {
    expect(order(one, other)).toBeUndefined();
  });

  test('does not look beyond the first letter that differs and the one after it', () => {
    expect(order('abé', 'bbé')).toBe(-1);
  });
});
