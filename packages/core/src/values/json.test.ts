import { describe, expect, test } from 'vitest';

import { readAnswer, writeAnswer, writeResult } from './answer.js';
import { decodeValue } from './decode.js';
import { encodeValue } from './encode.js';
import { stringifyJson } from './json.js';

const MAX = 100_000;
const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
};
/** 2^60 leaves from 61 objects. */
const bomb = (leaf: unknown = 'x'): unknown => {
  let value: unknown = [leaf];
  for (let i = 0; i < 60; i++) value = [value, value];
  return value;
};
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

/** The result of an operation, in the thread and back. */
const result = (value: unknown, max = MAX): unknown => decodeValue(writeResult(encodeValue(value), max));
/** The body of an endpoint's answer, in the thread and back. */
const body = (value: unknown, max = MAX): unknown => {
  const answer = readAnswer(writeAnswer(encodeValue({ status: 200, body: value }), max));
  return answer.kind === 'none' ? undefined : JSON.parse(new TextDecoder().decode(answer.body));
};

const shared = { n: 1 };
const CHANGED: [unknown, unknown][] = [
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
  [
    [shared, shared],
    [shared, shared],
  ],
  [
    { b: 1, 2: 'two', 1: 'one' },
    { 1: 'one', 2: 'two', b: 1 },
  ],
  [
    [Object(5), Object('s'), Object(true)],
    [5, 's', true],
  ],
];

describe('stringifyJson', () => {
  test.each([[{ a: [1, 'b', null, true, { c: {} }], 'ü\n': '\ud800' }], [null], ['text'], [[]], [deep(900)]])(
    'plain JSON is the same bytes afterwards: %j',
    (value) => {
      const bytes = encodeValue(value);
      expect(writeResult(bytes, MAX)).toBe(bytes);
      expect(stringifyJson(value, MAX)).toBe(JSON.stringify(value));
    },
  );

  test('a text of exactly the limit is let through, whatever the bound of its parts', () => {
    const value = { name: '\u0001'.repeat(100), list: [false, -1.5e-300, '漢'], empty: {} };
    const bytes = encodeValue(value);
    const { length } = new TextEncoder().encode(JSON.stringify(value));
    expect(writeResult(bytes, length)).toBe(bytes);
    expect(() => writeResult(bytes, length - 1)).toThrow(expect.objectContaining({ code: 'E_QUOTA' }));
  });

  test.each([
    ['a result', writeResult, Array.from({ length: 2_000 }, () => Number.NaN)],
    ['an answer', writeAnswer, { body: Array.from({ length: 2_000 }, () => 1) }],
  ])('%s is not written on once it must stop', (_, write, value) => {
    const bytes = encodeValue(value);
    let looks = 0;
    expect(() => write(bytes, MAX, () => ++looks === 1)).toThrow(expect.objectContaining({ code: 'E_CPU' }));
    expect(looks).toBe(1);
    expect(() => write(bytes, MAX, () => false)).not.toThrow();
  });

  test('a long name counts each time that it is written', () => {
    const name = 'n'.repeat(300);
    const bytes = encodeValue(Array.from({ length: 400 }, () => ({ [name]: 1 })));
    expect(() => writeResult(bytes, MAX)).toThrow(expect.objectContaining({ code: 'E_QUOTA' }));
  });

  test.each(CHANGED)('%o becomes what JSON makes of it', (value, expected) => {
    expect(result(value)).toEqual(expected);
    expect(JSON.stringify(result(value))).toBe(JSON.stringify(value));
    expect(JSON.stringify(body([value]))).toBe(JSON.stringify([value]));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('undefined is null, minus zero is zero', () => {
    expect(result(undefined)).toBeNull();
    expect(Object.is(result(-0), 0)).toBe(true);
  });

  test.each([
    ['a BigInt', 1n, 'E_CLONE', 'BigInt'],
    ['a BigInt among shared references', [shared, shared, 1n], 'E_CLONE', 'BigInt'],
    ['a cycle', cycle, 'E_CLONE', 'cycle'],
    ['shared references that multiply', bomb(), 'E_QUOTA', 'maxResultBytes'],
    ['shared references to nothing', bomb([]), 'E_QUOTA', ''],
    ['many bytes', new Uint8Array(MAX + 1), 'E_QUOTA', 'maxResultBytes'],
    ['a long text', 'x'.repeat(MAX + 1), 'E_QUOTA', 'maxResultBytes'],
    ['a text that escapes make long', '\u0001'.repeat(MAX / 4), 'E_QUOTA', 'maxResultBytes'],
    ['a text that UTF-8 makes long', '漢'.repeat(MAX / 2), 'E_QUOTA', 'maxResultBytes'],
    ['many small values', Array.from({ length: MAX }, () => 'a'), 'E_QUOTA', 'maxResultBytes'],
    ['a long key', Object.fromEntries([['x'.repeat(MAX + 1), 1]]), 'E_QUOTA', 'maxResultBytes'],
  ])('%s is an error with a code, in bounded time', (_, value, code, text) => {
    const expected = expect.objectContaining({ code, message: expect.stringContaining(text) });
    expect(() => result(value)).toThrow(expected);
    expect(() => body([value])).toThrow(expected);
  });

  test.each([
    [{ lines: [{}, { total: 1n }] }, 'a BigInt at lines[1].total'],
    [{ a: cycle }, 'a cycle at a.self'],
    [[shared, [shared, 1n]], 'a BigInt at [1][1]'],
    [1n, 'a BigInt'],
    [[...Array<number>(2_000).fill(0), 1n], 'a BigInt'], // too far off to be looked for
  ])('what has no JSON is named with its place', (value, text) => {
    const message = `Cannot serialise the result as JSON: it holds ${text}`;
    expect(() => body(value)).toThrow(expect.objectContaining({ message }));
  });

  test('shared references end at a number of values, however long the text may be', () => {
    expect(() => result(bomb([]), 2 ** 30)).toThrow(expect.objectContaining({ code: 'E_QUOTA' }));
  });

  test.each([
    ['a text', 'hi ü', 'text', 'hi ü'],
    ['an empty text', '', 'text', ''],
    ['no body', undefined, 'none', ''],
    ['null', null, 'none', ''],
    ['a number', 5, 'json', '5'],
    ['an object', { a: 'ü' }, 'json', '{"a":"ü"}'],
  ])('an answer with %s', (_, given, kind, text) => {
    const value = { headers: { etag: ['a'] }, body: given, status: 201, other: new Map() };
    for (const each of [value, { ...value, other: 1 }]) {
      const answer = readAnswer(writeAnswer(encodeValue(each), MAX));
      expect(answer).toMatchObject({ status: 201, headers: { etag: ['a'] }, kind });
      expect(new TextDecoder().decode(answer.body)).toBe(text);
    }
  });

  test.each([[undefined], ['text'], [[]], [{}], [new Map()]])('what is no answer has no status: %o', (value) => {
    expect(readAnswer(writeAnswer(encodeValue(value), MAX))).toMatchObject({ status: undefined, kind: 'none' });
  });

  test('forged answers come to an answer or to a code', () => {
    const sound = writeAnswer(encodeValue({ status: 200, body: { a: 1 } }), MAX);
    const read = (bytes: Uint8Array): unknown => {
      try {
        return readAnswer(bytes).kind;
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    for (let at = 0; at < sound.length; at++) {
      const forged = sound.slice();
      forged[at] = forged[at]! ^ 0xff;
      expect(['none', 'text', 'json', 'E_CLONE', 'E_QUOTA']).toContain(read(forged));
    }
  });
});
