import vm from 'node:vm';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { decodeValue } from './decode.js';
import { encodeValue } from './encode.js';
import { FORM } from './format.js';

const NUM_RUNS = Number(process.env['SANDGLASS_FUZZ'] ?? 5_000);

const cycle: Record<string, unknown> = { name: 'cycle' };
cycle['self'] = [cycle];
const shared = { shared: true };
const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;

const CLONEABLE: [string, unknown][] = [
  [
    'integers at the edges of 31 and 32 bits',
    [0, -0, 1, -1, 2 ** 30, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1],
  ],
  ['numbers that are no integers', [1.5, NaN, Infinity, -Infinity, 2 ** 53, Number.MIN_VALUE, Number.MAX_VALUE]],
  ['bigints at the edges of a byte', [0n, 1n, -1n, 127n, 128n, -128n, -129n, 255n, 256n, -256n, -257n]],
  ['bigints beyond 64 bits', [2n ** 63n, -(2n ** 63n), 2n ** 64n, -(2n ** 64n), 10n ** 50n, -(10n ** 50n)]],
  ['null, undefined and booleans', [null, undefined, true, false]],
  ['text with NUL and lone surrogates', ['', 'a\0b', '\uD800', 'x\uDC00y', 'ÿ', 'Ā', '漢字', '\u2028']],
  ['long Latin-1 text', `é${'x'.repeat(5_000)}\0ÿ`],
  ['long ASCII text', 'abc'.repeat(5_000)],
  ['long wide text', `\uD800${'漢'.repeat(5_000)}`],
  [
    'keys that look like indices',
    {
      0: 'a',
      1: 'b',
      '-1': 'c',
      '01': 'd',
      2147483647: 'e',
      2147483648: 'f',
      4294967295: 'g',
      '1.5': 'h',
      '5e-324': 'i',
    },
  ],
  ['keys with NUL, lone surrogates and wide characters', { 'k\0k': 1, '\uD800': 2, 漢: 3, '': 4 }],
  ['more keys than the linear search takes', Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, i]))],
  ['more names than fit before the body', { ['x'.repeat(2_000)]: 1, ['漢'.repeat(2_000)]: 2 }],
  ['a cycle', cycle],
  ['a shared reference', [shared, { again: shared }]],
  ['the same object 100 times', Array.from({ length: 100 }, () => shared)],
  ['holes at both ends', [, 1, , undefined, ,]], // oxlint-disable-line no-sparse-arrays
  ['dates', [new Date(0), new Date(NaN), new Date(8.64e15), new Date(-1)]],
  ['regular expressions', [/a/giu, /[\]/]\0/s, new RegExp('')]],
  [
    'maps with keys of any kind',
    new Map<unknown, unknown>([
      [shared, 1],
      [NaN, shared],
      ['k', new Map()],
    ]),
  ],
  ['sets', new Set([1, 'a', shared, shared, new Set([[]])])],
  ['a buffer', buffer],
  ['views on one buffer', [new Uint8Array(buffer, 1, 3), new DataView(buffer, 2, 4), new Float64Array(buffer)]],
  [
    'every typed array',
    [
      Uint8ClampedArray,
      Int8Array,
      Uint8Array,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      BigInt64Array,
      BigUint64Array,
      Float32Array,
      Float64Array,
    ].map((type) => new type(2)),
  ],
  ['boxed primitives', [Object(1), Object('s'), Object(false), Object(5n)]],
  [
    'an error with a cause',
    Object.assign(new RangeError('out', { cause: { why: [1] } }), { stack: 'RangeError: out' }),
  ],
  [
    'errors of every kind',
    [
      new Error(''),
      new TypeError('t'),
      new SyntaxError('s'),
      new EvalError('e'),
      new URIError('u'),
      new ReferenceError('r'),
    ],
  ],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
];

/** Each is evaluated in a realm of its own: its prototypes are none of this one's. */
const FOREIGN = {
  'a plain object': '({ a: [{ b: 1 }] })',
  'a date': 'new Date(5)',
  'an invalid date': 'new Date(NaN)',
  'a date deep in a table': '[new Map([[new Date(1), new Date(2)]])]',
  'a map': 'new Map([[{ k: 1 }, new Set([1, [2]])]])',
  'a set': 'new Set([new Map()])',
  'a regular expression': '/a/giu',
  'a buffer': 'new Uint8Array([1, 2, 3]).buffer',
  'views on one buffer':
    '((b) => [new Uint8Array(b, 1, 2), new DataView(b, 2, 4), new Float64Array(b)])(new ArrayBuffer(8))',
  'a view': 'new DataView(new ArrayBuffer(4), 1, 2)',
  'typed arrays': '[new Uint8Array([7]), new BigInt64Array([7n]), new Float32Array(2)]',
  'boxed primitives': "[Object(1), Object('s'), Object(false), Object(5n)]",
  errors: "[new Error('e', { cause: new Date(1) }), new TypeError('t'), new RangeError('r')]",
  'an instance of a class': 'new (class Row { id = 1; at = new Date(3); })()',
  'instances of subclasses': 'new (class Rows extends Map { get [Symbol.toStringTag]() { return "Rows"; } })([[1, 2]])',
  'a cycle': '(() => { const o = { d: new Date(1) }; o.o = o; return o; })()',
  holes: '[, 1, ,]',
};

function nest(depth: number, rare: boolean): unknown {
  let value: unknown = rare ? new Map() : 1;
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { value };
  return value;
}

describe('encodeValue', () => {
  test.each(CLONEABLE)('%s arrive as structuredClone would give them', (_, value) => {
    expect(decodeValue(encodeValue(value))).toStrictEqual(structuredClone(value));
  });

  test.each(Object.entries(FOREIGN))(
    '%s of another realm arrives as structuredClone would give it',
    (_, expression) => {
      const value: unknown = vm.runInNewContext(expression);
      expect(decodeValue(encodeValue(value))).toStrictEqual(structuredClone(value));
    },
  );

  test.each([
    ['[object Promise]', 'Promise.resolve(1)'],
    ['[object Promise]', '[Promise.resolve(1)]'],
    ['[object WeakMap]', 'new WeakMap()'],
    ['[object WeakSet]', 'new WeakSet()'],
    ['[object WeakRef]', 'new WeakRef({})'],
    ['[object FinalizationRegistry]', 'new FinalizationRegistry(() => {})'],
    ['[object SharedArrayBuffer]', 'new SharedArrayBuffer(1)'],
    ['[object SharedArrayBuffer]', 'new Uint8Array(new SharedArrayBuffer(1))'],
    ['[object Symbol]', 'Object(Symbol())'],
    ['[object Generator]', '(function* () {})()'],
    ['[object Map Iterator]', 'new Map().keys()'],
    ['[object Set Iterator]', 'new Set().keys()'],
    ['function "named"', '({ deep: function named() {} })'],
    ['a Proxy', 'new Proxy({}, {})'],
  ])('%s is refused by name, of this realm and of another: %s', (name, expression) => {
    const refusal = { code: 'E_CLONE', message: `Cannot copy ${name} across the sandbox boundary` };
    for (const value of [vm.runInThisContext(expression), vm.runInNewContext(expression)] as unknown[])
      expect(() => encodeValue(value)).toThrow(expect.objectContaining(refusal));
  });

  test('what only has the prototype of a date, a map or a buffer is plain', () => {
    const pretenders = [Date, Map, Set, ArrayBuffer, Uint8Array, Promise, Number].map(({ prototype }) =>
      Object.assign(Object.create(prototype) as object, { a: 1 }),
    );
    expect(decodeValue(encodeValue(pretenders))).toStrictEqual(structuredClone(pretenders));
  });

  test('keys that would pollute a prototype arrive as data', () => {
    const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const copy = decodeValue(encodeValue(JSON.parse(text)));
    expect(JSON.stringify(copy)).toBe(text);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });

  test('names of an array are lost, as in JSON: a difference to structuredClone', () => {
    expect(decodeValue(encodeValue(/b/.exec('abc')))).toStrictEqual(['b']);
  });

  test('a cycle is the same object again', () => {
    const copy = decodeValue(encodeValue(cycle)) as { self: unknown[] };
    expect(copy.self[0]).toBe(copy);
  });

  test('shared references stay shared, and apart from the original', () => {
    const [first, second] = decodeValue(encodeValue([shared, { again: shared }])) as [object, { again: object }];
    expect(second.again).toBe(first);
    expect(first).not.toBe(shared);
  });

  test('minus zero keeps its sign', () => {
    expect(Object.is(decodeValue(encodeValue(-0)), -0)).toBe(true);
    expect(Object.is(decodeValue(encodeValue([-0])) as number, -0)).toBe(false);
  });

  test('an instance of a class loses its prototype, and its getters are not copied', () => {
    class Point {
      x = 1;
      get y(): number {
        return 2;
      }
    }
    expect(decodeValue(encodeValue(new Point()))).toStrictEqual({ x: 1 });
  });

  test('a getter is read once', () => {
    let reads = 0;
    const value = {
      get lazy() {
        return ++reads;
      },
    };
    expect(decodeValue(encodeValue(value))).toEqual({ lazy: 1 });
  });

  test.each([
    ['function "named"', function named() {}],
    ['Symbol(s)', { s: Symbol('s') }],
    ['a Proxy', new Proxy({}, {})],
    ['a Proxy', [new Proxy([], {})]],
  ])('%s is refused by name', (name, value) => {
    expect(() => encodeValue(value)).toThrow(
      expect.objectContaining({ code: 'E_CLONE', message: `Cannot copy ${name} across the sandbox boundary` }),
    );
  });

  test.each([true, false])('nesting is taken 1,000 deep and no deeper (rare types: %s)', (rare) => {
    expect(decodeValue(encodeValue(nest(1_000, rare)))).toEqual(nest(1_000, rare));
    expect(() => encodeValue(nest(1_002, rare))).toThrow(expect.objectContaining({ code: 'E_CLONE' }));
  });

  test('an array of a billion holes is refused at once', () => {
    expect(() => encodeValue(Array.from({ length: 3 }, () => Object.assign([], { length: 1e9 })))).toThrow(
      expect.objectContaining({ code: 'E_CLONE' }),
    );
  });

  test('a getter that encodes a value of its own does not disturb', () => {
    const value = {
      a: 1,
      get inner() {
        return decodeValue(encodeValue({ b: ['x', { c: 2 }] }));
      },
      z: 'end',
    };
    expect(decodeValue(encodeValue(value))).toEqual({ a: 1, inner: { b: ['x', { c: 2 }] }, z: 'end' });
  });

  test('a failed value leaves nothing for the next one', () => {
    expect(() => encodeValue({ kept: 1, bad: () => 1 })).toThrow(/function "bad"/);
    expect(decodeValue(encodeValue({ other: 2 }))).toEqual({ other: 2 });
  });

  test('plain data takes the direct form, also with more than a thousand objects', () => {
    const list = Array.from({ length: 2_000 }, (_, id) => ({ id, tags: ['a'] }));
    const bytes = encodeValue(list);
    expect(bytes[0]).toBe(FORM.direct);
    expect(decodeValue(bytes)).toEqual(list);
  });

  test('any value survives like structuredClone', () => {
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
    fc.assert(
      fc.property(anything, (value) => {
        expect(decodeValue(encodeValue(value))).toStrictEqual(structuredClone(value));
      }),
      { numRuns: NUM_RUNS },
    );
  });
});
