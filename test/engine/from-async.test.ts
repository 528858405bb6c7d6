import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { TestEngine } from './open-engine.js';

let engine: TestEngine;

const TOOLS = `
  const seen = [];
  const failed = (run) => run().then(() => 'resolved', (error) => (error instanceof Error ? error.name : error));
  const closing = (value) => ({ [Symbol.iterator]: () => ({
    next: () => ({ value, done: false }), return: () => { seen.push('closed'); return {}; } }) });
  async function* numbers() { try { yield 1; yield 2; } finally { await null; seen.push('released'); } }
`;

describe('Array.fromAsync', () => {
  beforeAll(async () => {
    engine = await TestEngine.open();
  });

  afterAll(() => engine.engine.close());

  test.each<[string, string, unknown]>([
    ['an async iterable', 'Array.fromAsync(numbers())', [1, 2]],
    ['promises of an iterable', 'Array.fromAsync(new Set([Promise.resolve(1), 2]))', [1, 2]],
    [
      'an array-like',
      'Array.fromAsync({ length: 2.7, 0: Promise.resolve("a") }).then((all) => [all.length, all[0], 1 in all])',
      [2, 'a', true],
    ],
    ['a text', 'Array.fromAsync("ab")', ['a', 'b']],
    ['a number', 'Array.fromAsync(5)', []],
    [
      'mapper and thisArg',
      'Array.fromAsync([1, 2], async function (v, i) { return v * this.by + i; }, { by: 10 })',
      [10, 21],
    ],
    ['an async mapper over an array-like', 'Array.fromAsync({ length: 2 }, async (_, i) => i)', [0, 1]],
    [
      'a subclass',
      '(async () => { class Mine extends Array {} const all = await Mine.fromAsync([1]); return all instanceof Mine; })()',
      true,
    ],
    [
      'without a constructor',
      'Array.fromAsync.call(undefined, [1]).then((all) => Array.isArray(all) && all.length)',
      1,
    ],
    ['nothing', 'failed(() => Array.fromAsync())', 'TypeError'],
    ['a mapper that is none', 'failed(() => Array.fromAsync([], 1))', 'TypeError'],
    ['an iterator that is none', 'failed(() => Array.fromAsync({ [Symbol.asyncIterator]: 1 }))', 'TypeError'],
    [
      'a mapper that throws',
      'failed(() => Array.fromAsync(numbers(), () => { throw 7; })).then((e) => [e, seen])',
      [7, ['released']],
    ],
    [
      'a mapper that rejects',
      'failed(() => Array.fromAsync(closing(1), () => Promise.reject(8))).then((e) => [e, seen])',
      [8, ['closed']],
    ],
    [
      'a rejection',
      'failed(() => Array.fromAsync(closing(Promise.reject(9)))).then((e) => [e, seen])',
      [9, ['closed']],
    ],
    [
      'the look of a built-in',
      `(() => {
        const { value, enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(Array, 'fromAsync');
        const isPlain = Object.getPrototypeOf(value) === Function.prototype && !('prototype' in value);
        return [value.name, value.length, enumerable, writable, configurable, isPlain, /native code/.test(value)];
      })()`,
      ['fromAsync', 1, false, true, true, true, true],
    ],
    [
      'patched prototypes',
      `(() => {
        for (const name of ['then', 'catch']) Promise.prototype[name + 'ed'] = 1;
        Array.prototype[Symbol.iterator] = null;
        Object.defineProperty(Object.prototype, 0, { set() { seen.push('setter'); }, configurable: true });
        return Array.fromAsync({ length: 1, 0: 1 }).then((all) => [Object.hasOwn(all, '0'), seen.length]);
      })()`,
      [true, 0],
    ],
  ])('%s', async (_, code, expected) => {
    const id = await engine.load(`export default { id: 'x', async handler() { ${TOOLS} return await ${code}; } };`);
    expect(await engine.value(id)).toEqual(expected);
  });
});
