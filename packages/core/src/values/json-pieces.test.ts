import { describe, expect, test } from 'vitest';

import { jsonPieces } from './json-pieces.js';

const MAX = 4_000_000;
const write = (value: unknown, max = MAX): string[] => [...jsonPieces(value, max)];

/** 2^60 leaves from 61 objects. */
const bomb = (): unknown => {
  let value: unknown = ['x'];
  for (let i = 0; i < 60; i++) value = { left: value, right: [value] };
  return value;
};
const shared = { n: [1] };
const cycle: Record<string, unknown> = {};
cycle['self'] = [cycle];
const sparse: unknown[] = [];
sparse[3] = 1;
const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = i % 2 ? [value] : { value };
  return value;
};

describe('jsonPieces', () => {
  test.each([
    [undefined],
    [null],
    [[]],
    [{}],
    ['text\n\u2028\ud800'],
    [[1, -0, Number.NaN, 1e300, true, null, undefined]],
    [{ a: undefined, b: { c: undefined }, 'ü"\n': [{}], __proto__: 1 }],
    [[shared, shared, { shared }]],
    [sparse],
    [deep(2_000)],
    [[new Date(0), new Date(Number.NaN), new Map([[1, 2]]), new Set([1]), /a/g, new Error('no')]],
    [[Object(1), Object('a'), Object(false), new Uint8Array([1, 2]), new ArrayBuffer(2)]],
    [Object.assign(new Error('no'), { own: [1] })],
  ])('writes what JSON.stringify does: %#', (value) => {
    expect(write(value)).toEqual([JSON.stringify(value) ?? 'null']);
  });

  test.each([
    ['items', Array.from({ length: 300_000 }, (_, i) => i)],
    ['properties', Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`k${i}`, { i }]))],
    [
      'properties without a text',
      { a: 1, ...Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`])) },
    ],
    ['a string with a pair of surrogates at each cut', `${'x'.repeat(65_535)}😀`.repeat(5)],
    ['a string as long as two pieces', 'x'.repeat(2 * 65_536)],
  ])('writes %s in pieces', (_, value) => {
    const pieces = write(value);
    expect(pieces.length).toBeGreaterThan(1);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(140_000);
    expect(pieces.join('').replaceAll(' ', '')).toBe(JSON.stringify(value));
  });

  test.each([
    ['a cycle', cycle, 'E_CLONE'],
    ['a BigInt', [1n], 'E_CLONE'],
    ['a boxed BigInt', [Object(1n)], 'E_CLONE'],
    ['what is shared without end', bomb(), 'E_QUOTA'],
    ['a longer text', ['x'.repeat(MAX)], 'E_QUOTA'],
  ])('refuses %s', (_, value, code) => {
    expect(() => write(value)).toThrow(expect.objectContaining({ code }));
  });

  test('refuses more items than the text may have', () => {
    expect(() => write(Array.from({ length: 1_000 }), 4_000)).toThrow(expect.objectContaining({ code: 'E_QUOTA' }));
  });
});
