import { expect, test } from 'vitest';

import { stringifyJson, toJsonValue } from './json.js';

const MAX = 100_000;
const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
};
/** 2^30 leaves from 31 objects. */
const bomb = (): unknown => {
  let value: unknown = ['x'];
  for (let i = 0; i < 30; i++) value = [value, value];
  return value;
};
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

test.each([[{ a: [1, 'b', null, true, { c: {} }], 'ü\n': '\ud800' }], [null], ['text'], [[]], [deep(900)]])(
  'plain JSON comes back as the same value: %j',
  (value) => {
    expect(toJsonValue(value, MAX)).toBe(value);
    expect(stringifyJson(value, MAX)).toBe(JSON.stringify(value));
  },
);

test.each([
  [undefined, null],
  [{ a: undefined, b: [undefined, , 1] }, { b: [null, null, 1] }], // oxlint-disable-line no-sparse-arrays
  [
    [Number.NaN, Infinity, -Infinity],
    [null, null, null],
  ],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
  [{ at: new Date(Number.NaN) }, { at: null }],
  [new Map([[1, 2]]), {}],
  [new Set([1]), {}],
  [/x/g, {}],
  [new Uint8Array([1, 2]), { 0: 1, 1: 2 }],
  [new ArrayBuffer(8), {}],
  [new Error('e'), {}],
  [JSON.parse('{"__proto__":{"polluted":1},"d":null}'), JSON.parse('{"__proto__":{"polluted":1},"d":null}')],
  [Object.create(null), {}],
])('%o becomes what JSON makes of it', (value, expected) => {
  expect(toJsonValue(value, MAX)).toEqual(expected);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('minus zero becomes zero', () => {
  expect(Object.is(toJsonValue(-0, MAX), 0)).toBe(true);
});

test.each([
  ['a BigInt', 1n, 'E_CLONE', 'BigInt'],
  ['a cycle', cycle, 'E_CLONE', 'cycle'],
  ['deep nesting', deep(1_000_000), 'E_CLONE', 'deep'],
  ['shared references that multiply', bomb(), 'E_QUOTA', 'maxResultBytes'],
  ['an endless sparse array', Object.assign([], { length: 2 ** 32 - 1 }), 'E_QUOTA', 'maxResultBytes'],
  ['a long sparse array', Object.assign([], { length: 1e8 }), 'E_QUOTA', 'maxResultBytes'],
  ['many bytes', new Uint8Array(MAX + 1), 'E_QUOTA', 'maxResultBytes'],
  ['a long text', 'x'.repeat(MAX + 1), 'E_QUOTA', 'maxResultBytes'],
  ['long keys', Object.fromEntries([['x'.repeat(MAX + 1), 1n]]), 'E_QUOTA', 'maxResultBytes'],
])('%s is an error with a code, in bounded time', (_, value, code, text) => {
  const expected = expect.objectContaining({ code, message: expect.stringContaining(text) });
  expect(() => toJsonValue(value, MAX)).toThrow(expected);
  expect(() => stringifyJson(value, MAX)).toThrow(expected);
});

test('undefined has no text', () => {
  expect(stringifyJson(undefined, MAX)).toBeUndefined();
});
