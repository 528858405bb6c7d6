import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { TestEngine } from './open-engine.js';

const NUM_RUNS = Number(process.env['SANDGLASS_FUZZ'] ?? 5_000);

let engine: TestEngine;
let echo: number;

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withBoxedValues: true,
  withTypedArray: true,
  withSparseArray: true,
  withObjectString: true,
  withUnicodeString: true,
  withNullPrototype: true,
});

const cycle: Record<string, unknown> = { list: [] };
cycle['self'] = [cycle];

function nest(depth: number, leaf: unknown): unknown {
  let value = leaf;
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { value };
  return value;
}

describe('values', () => {
  beforeAll(async () => {
    engine = await TestEngine.open();
    echo = await engine.handler('(value) => value');
  });

  afterAll(() => engine.engine.close());

  test(
    'any value goes through a guest like through structuredClone, and no sandbox is lost to one',
    async () => {
      const before = engine.engine.stats().replacements;
      await fc.assert(
        fc.asyncProperty(anything, async (value) => {
          expect(await engine.value(echo, value)).toStrictEqual(structuredClone(value));
        }),
        { numRuns: NUM_RUNS },
      );
      expect(engine.engine.stats().replacements).toBe(before);
    },
    NUM_RUNS * 10 + 20_000,
  );

  test.each<[string, unknown]>([
    ['a cycle', cycle],
    ['errors', [new TypeError('t', { cause: { deep: new Map([[1, new Error('e')]]) } })]],
    [
      'views on one buffer',
      ((buffer) => [new Uint8Array(buffer, 1, 3), new DataView(buffer, 2, 4)])(new ArrayBuffer(8)),
    ],
    ['text with NUL and lone surrogates', { 'k\0\uD800': ['\0', '\uDC00x', 'ÿĀ'] }],
    ['1,000 levels of plain data', nest(999, 1)],
    ['1,000 levels around a Map', nest(999, new Map([[1, 2]]))],
    ['holes', [1, , undefined, ,]], // oxlint-disable-line no-sparse-arrays
    ['a megabyte of text', ['x'.repeat(1 << 20), '漢'.repeat(1 << 18)]],
  ])('%s arrives in a guest and comes back', async (_, value) => {
    expect(await engine.value(echo, value)).toStrictEqual(structuredClone(value));
  });

  test('what a guest makes is what the host gets', async () => {
    const id = await engine.handler(`() => {
    const shared = { n: 1 };
    class Point { x = 1; get y() { return 2; } }
    let reads = 0;
    return {
      point: new Point(), lazy: { get value() { return ++reads; } }, twice: [shared, shared], holes: [1, , 3],
      map: new Map([[shared, new Set([1, 'a'])]]), date: new Date(5), nan: NaN, zero: -0, big: 2n ** 70n,
      regexp: /a\\/b/gi, view: new Int16Array([1, -1]), nothing: undefined, boxed: Object(3n),
      error: Object.assign(new RangeError('r', { cause: [1] }), { stack: 'at guest' }),
    };
  }`);
    const value = (await engine.value(id)) as Record<string, never> & { twice: object[]; error: Error };
    expect(value).toStrictEqual({
      point: { x: 1 },
      lazy: { value: 1 },
      twice: [{ n: 1 }, { n: 1 }],
      holes: [1, , 3], // oxlint-disable-line no-sparse-arrays
      map: new Map([[{ n: 1 }, new Set([1, 'a'])]]),
      date: new Date(5),
      nan: NaN,
      zero: -0,
      big: 2n ** 70n,
      regexp: /a\/b/gi,
      view: new Int16Array([1, -1]),
      nothing: undefined,
      boxed: Object(3n),
      error: expect.any(RangeError),
    });
    expect(value.twice[0]).toBe(value.twice[1]);
    expect(value.error).toMatchObject({ message: 'r', stack: 'at guest', cause: [1] });
  });

  test('what arrives in a guest is of its own realm', async () => {
    const id = await engine.handler(`(value) => [
    value.map instanceof Map, value.set instanceof Set, value.date instanceof Date, value.regexp instanceof RegExp,
    value.error instanceof TypeError && value.error instanceof Error, value.error.message, value.error.cause,
    value.view instanceof Uint8Array, value.buffer instanceof ArrayBuffer, Array.isArray(value.list),
    Object.getPrototypeOf(value) === Object.prototype, Object.hasOwn(value, '__proto__'), value.list.length, 1 in value.list,
  ]`);
    const value = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    Object.assign(value, {
      map: new Map(),
      set: new Set(),
      date: new Date(),
      regexp: /a/,
      error: new TypeError('t', { cause: 'c' }),
      view: new Uint8Array(1),
      buffer: new ArrayBuffer(1),
      list: [1, , 3], // oxlint-disable-line no-sparse-arrays
    });
    expect(await engine.value(id, value)).toEqual([
    true, true, true, true, true, 't', 'c', true, true, true, true, true, 3, false,
  ]); // prettier-ignore
  });

  test.each([
    ['() => () => 1', 'function ""'],
    ['() => ({ deep: [function named() {}] })', 'function "named"'],
    ['() => Symbol("s")', 'Symbol(s)'],
    ['() => new Map([[1, new Proxy({}, {})]])', 'a Proxy'],
    ['() => new Proxy([], {})', 'a Proxy'],
    ['() => [new WeakMap()]', 'an object of this type'],
    ['() => ({ p: Promise.resolve(1) })', 'an object of this type'],
    ['() => ({ g: (function* () {})() })', 'an object of this type'],
  ])('the result of %s is refused by name', async (handler, name) => {
    const ended = await engine.call(await engine.handler(handler));
    expect(ended).toMatchObject({ code: 'E_CLONE', message: `Cannot copy ${name} across the sandbox boundary` });
  });

  test('a result nested too deeply is E_CLONE, from the prelude or from the decoder', async () => {
    const id = await engine.handler(
      '(leaf) => { let value = leaf ? new Map() : 1; for (let i = 0; i < 1300; i++) value = [value]; return value; }',
    );
    expect(await engine.call(id, true)).toMatchObject({ ok: false, code: 'E_CLONE' });
    await expect(engine.call(id, false)).rejects.toMatchObject({ code: 'E_CLONE' });
  });

  test('a thenable that is not a promise is not adopted across the boundary', async () => {
    const id = await engine.handler('() => ({ inner: { then: 1 } })');
    expect(JSON.stringify(await engine.value(id))).toBe('{"inner":{"then":1}}');
  });

  test('shared references that would explode as JSON stay small', async () => {
    const id = await engine.handler('() => { let x = "lol"; for (let i = 0; i < 60; i++) x = [x, x]; return x; }');
    let value = await engine.value(id);
    for (let i = 0; i < 60; i++) {
      const [left, right] = value as [unknown, unknown];
      expect(left).toBe(right);
      value = left;
    }
    expect(value).toBe('lol');
  });

  test('an array of four billion holes ends its call at once', async () => {
    const id = await engine.handler(
      '(how) => how === "fast" ? [new Array(2 ** 32 - 1)] : Object.assign([], { [2 ** 32 - 2]: 1 })',
    );
    for (const how of ['fast', 'slow'])
      expect(await engine.call(id, how)).toMatchObject({ ok: false, code: 'E_MEMORY' });
  });
});
