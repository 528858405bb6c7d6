/* oxlint-disable vitest/no-standalone-expect -- rows run inside of tests */
/* oxlint-disable no-sparse-arrays, unicorn/no-thenable -- holes and thenables are the point */
import vm from 'node:vm';

import type { Limits } from '@sandglass/core';
import { expect } from 'vitest';

import type { Bench } from '../bench.js';
import type { Sentence } from '../contract.js';
import { fails, gives, type Row, row, runBody } from '../row.js';

/**
 * A value in both worlds: made by the host, made by the guest, and how the guest tells that it is
 * right.
 */
interface Value {
  name: string;
  host: () => unknown;
  guest: string;
  /** Over `v`. */
  check: string;
}

const is = (name: string, host: () => unknown, guest: string, check = `Object.is(v, ${guest})`): Value => ({
  name,
  host,
  guest,
  check,
});

const TYPES: readonly Value[] = [
  is('undefined', () => undefined, 'undefined'),
  is('null', () => null, 'null'),
  is('true', () => true, 'true'),
  is('zero', () => 0, '0'),
  is('minus zero', () => -0, '-0'),
  is('NaN', () => NaN, 'NaN'),
  is('Infinity', () => Infinity, 'Infinity'),
  is('minus Infinity', () => -Infinity, '-Infinity'),
  is('the largest int32', () => 2 ** 31 - 1, '2 ** 31 - 1'),
  is('the smallest int32', () => -(2 ** 31), '-(2 ** 31)'),
  is('the largest safe integer', () => Number.MAX_SAFE_INTEGER, 'Number.MAX_SAFE_INTEGER'),
  is('the smallest number', () => 5e-324, '5e-324'),
  is('a fraction', () => 0.1 + 0.2, '0.1 + 0.2'),
  is('0n', () => 0n, '0n'),
  is('-1n', () => -1n, '-1n'),
  is('2n ** 64n', () => 2n ** 64n, '2n ** 64n'),
  is('-(2n ** 63n)', () => -(2n ** 63n), '-(2n ** 63n)'),
  is('a BigInt of 1,000 bits', () => 7n ** 356n, '7n ** 356n'),
  is('a Date', () => new Date(86_400_001), 'new Date(86400001)', 'v instanceof Date && v.getTime() === 86400001'),
  is('an invalid Date', () => new Date(NaN), 'new Date(NaN)', 'v instanceof Date && Number.isNaN(v.getTime())'),
  is(
    'a RegExp',
    () => /a\/(?<b>\n)/giu,
    '/a\\/(?<b>\\n)/giu',
    "v instanceof RegExp && v.flags === 'giu' && v.source === 'a\\\\/(?<b>\\\\n)' && v.lastIndex === 0",
  ),
  is(
    'a Map',
    () =>
      new Map<unknown, unknown>([
        ['a', 1],
        [{ k: 1 }, [2]],
      ]),
    "new Map([['a', 1], [{ k: 1 }, [2]]])",
    "v instanceof Map && v.size === 2 && v.get('a') === 1 && [...v.values()][1][0] === 2",
  ),
  is(
    'a Set',
    () => new Set<unknown>([1, 'a', [2]]),
    "new Set([1, 'a', [2]])",
    "v instanceof Set && v.size === 3 && v.has('a')",
  ),
  is('an empty Map in a Set', () => new Set([new Map()]), 'new Set([new Map()])', '[...v][0] instanceof Map'),
  is(
    'an ArrayBuffer',
    () => new Uint8Array([1, 2, 255]).buffer,
    'new Uint8Array([1, 2, 255]).buffer',
    'v instanceof ArrayBuffer && new Uint8Array(v)[2] === 255',
  ),
  is(
    'an empty ArrayBuffer',
    () => new ArrayBuffer(0),
    'new ArrayBuffer(0)',
    'v instanceof ArrayBuffer && v.byteLength === 0',
  ),
  ...(
    [
      'Uint8Array',
      'Int8Array',
      'Uint8ClampedArray',
      'Int16Array',
      'Uint16Array',
      'Int32Array',
      'Uint32Array',
      'Float32Array',
      'Float64Array',
    ] as const
  ).map((type) =>
    is(
      `a ${type}`,
      () => new globalThis[type]([1, 2, 3]),
      `new ${type}([1, 2, 3])`,
      `v instanceof ${type} && v.length === 3 && v[2] === 3`,
    ),
  ),
  is(
    'a BigInt64Array',
    () => new BigInt64Array([-1n]),
    'new BigInt64Array([-1n])',
    'v instanceof BigInt64Array && v[0] === -1n',
  ),
  is(
    'a BigUint64Array',
    () => new BigUint64Array([2n ** 64n - 1n]),
    'new BigUint64Array([2n ** 64n - 1n])',
    'v instanceof BigUint64Array && v[0] === 2n ** 64n - 1n',
  ),
  is(
    'a DataView on a part',
    () => new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 2),
    'new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 2)',
    'v instanceof DataView && v.byteLength === 2 && v.byteOffset === 1 && v.getUint8(1) === 3',
  ),
  is(
    'a boxed number',
    () => Object(5) as unknown,
    'Object(5)',
    "typeof v === 'object' && v instanceof Number && v.valueOf() === 5",
  ),
  is(
    'a boxed string',
    () => Object('a') as unknown,
    "Object('a')",
    "typeof v === 'object' && v instanceof String && v.valueOf() === 'a'",
  ),
  is(
    'a boxed boolean',
    () => Object(false) as unknown,
    'Object(false)',
    "typeof v === 'object' && v instanceof Boolean && v.valueOf() === false",
  ),
  is('an array of undefined', () => [undefined, 1], '[undefined, 1]', 'v.length === 2 && 0 in v && v[0] === undefined'),
  is('a property that is undefined', () => ({ a: undefined }), '({ a: undefined })', "'a' in v && v.a === undefined"),
  is(
    'a key called __proto__',
    () => JSON.parse('{"__proto__":{"x":1}}') as unknown,
    'JSON.parse(\'{"__proto__":{"x":1}}\')',
    "Object.hasOwn(v, '__proto__') && v.x === undefined",
  ),
  is(
    'integer keys and odd ones',
    () => ({ 1: 'a', '': 'b', 4294967295: 'c', 'a b': 'd' }),
    "({ 1: 'a', '': 'b', 4294967295: 'c', 'a b': 'd' })",
    "v[1] === 'a' && v[''] === 'b' && v[4294967295] === 'c'",
  ),
];

/** A value goes in, a value comes out, and one goes through. */
function bothWays(sentence: Sentence, { name, host, guest, check }: Value): Row[] {
  return [
    gives(sentence, `const { v } = payload; return [${check}];`, [true], { payload: { v: host() } }),
    row(sentence, `${name} from the guest`, async (bench) =>
      expect(await runBody(bench, `return { v: ${guest} };`)).toStrictEqual({ v: host() }),
    ),
    row(sentence, `${name} there and back`, async (bench) =>
      expect(await runBody(bench, 'return payload;', { payload: { v: host() } })).toStrictEqual({ v: host() }),
    ),
  ];
}

const CANNOT = 'across the sandbox boundary';

/** What cannot be copied, made by the host and by the guest, and its name. */
const UNCLONEABLE: readonly [name: string, host: () => unknown, guest: string, text: string][] = [
  ['a function', () => function named() {}, 'function named() {}', 'Cannot copy function "named"'],
  ['an arrow', () => Object.defineProperty(() => {}, 'name', { value: '' }), '(() => {})', 'Cannot copy function ""'],
  [
    'a class',
    () =>
      class Shape {
        x = 1;
      },
    'class Shape {}',
    'Cannot copy function "Shape"',
  ],
  ['a symbol', () => Symbol('mark'), "Symbol('mark')", 'Cannot copy Symbol(mark)'],
  ['a Proxy', () => new Proxy({}, {}), 'new Proxy({}, {})', 'Cannot copy a Proxy'],
  ['a Proxy of an array', () => new Proxy([], {}), 'new Proxy([], {})', 'Cannot copy a Proxy'],
];

/** The operation whose handler is this function. */
async function runHandler(
  bench: Bench,
  handler: string,
  argument?: unknown,
  limits: Partial<Limits> = {},
): Promise<unknown> {
  await using _ = await bench.load('operation', `\nexport default { id: 'row', handler: ${handler} };`, { limits });
  return await bench.host.operation('row', argument); // before the extension is let go
}

const handler = (sentence: Sentence, source: string, expected: unknown, argument: unknown = {}): Row =>
  row(sentence, source.slice(0, 120), async (bench) =>
    expect(await runHandler(bench, source, argument)).toStrictEqual(expected),
  );

/** The error that a handler ends with. */
async function failureOf(bench: Bench, body: string): Promise<unknown> {
  return runHandler(bench, `() => { ${body} }`, {}, body.includes('while (true)') ? { cpuTimeMs: 200 } : {}).then(
    () => 'no error',
    (error: unknown) => error,
  );
}

function throws(sentence: Sentence, body: string, properties: object): Row {
  return row(sentence, body.slice(0, 120), async (bench) =>
    expect(await failureOf(bench, body)).toMatchObject(properties),
  );
}

const PRIMITIVES: readonly [source: string, value: unknown][] = [
  ["'text'", 'text'],
  ["''", ''],
  ['5', 5],
  ['NaN', NaN],
  ['-0', -0],
  ['false', false],
  ['null', null],
  ['12n', 12n],
];

export const valueRows: readonly Row[] = [
  row('4 values: copies', 'the argument stays as it was', async (bench) => {
    const payload = { list: [1] };
    expect(
      await runBody(bench, 'payload.list.push(2); payload.own = true; return payload;', { payload }),
    ).toStrictEqual({ list: [1, 2], own: true });
    expect(payload).toStrictEqual({ list: [1] });
  }),
  row('4 values: copies', 'the result is of this realm', async (bench) => {
    const value = (await runBody(bench, 'return { a: [new Date(0)] };')) as { a: Date[] };
    expect([
      Object.getPrototypeOf(value) === Object.prototype,
      Array.isArray(value.a),
      value.a[0] instanceof Date,
    ]).toEqual([true, true, true]);
  }),
  gives(
    '4 values: copies',
    'return [payload.a instanceof Array, payload.constructor === Object, payload.a.constructor.constructor("return typeof process.exit")()];',
    [true, true, 'undefined'],
    { payload: { a: [1] } },
  ),
  ...TYPES.flatMap((value) => bothWays('4 values: types', value)),
  gives(
    '4 values: types',
    'return [payload.part.byteOffset, payload.part.buffer.byteLength, payload.part[0]];',
    [1, 3, 2],
    { payload: { part: new Uint8Array(new Uint8Array([1, 2, 3]).buffer, 1, 1) } },
  ),
  gives(
    '4 values: types',
    'return [payload instanceof TypeError, payload.name, payload.message, payload.cause];',
    [true, 'TypeError', 'odd', { a: 1 }],
    { payload: new TypeError('odd', { cause: { a: 1 } }) },
  ),
  row('4 values: types', 'an Error as a value from the guest', async (bench) => {
    const value = (await runBody(bench, "return { e: new RangeError('far', { cause: 5 }) };")) as { e: RangeError };
    expect([value.e instanceof RangeError, value.e.name, value.e.message, value.e.cause]).toEqual([
      true,
      'RangeError',
      'far',
      5,
    ]);
  }),
  ...bothWays('4 values: sparse arrays', {
    name: 'holes',
    host: () => [, 1, , undefined, ,],
    guest: '[, 1, , undefined, , ]',
    check: 'v.length === 5 && !(0 in v) && 1 in v && !(2 in v) && 3 in v && !(4 in v)',
  }),
  ...bothWays('4 values: sparse arrays', {
    name: 'only holes',
    host: () => [, , ,],
    guest: 'new Array(3)',
    check: 'v.length === 3 && Object.keys(v).length === 0',
  }),
  gives('4 values: sparse arrays', 'const a = []; a[1000000] = 1; return [a];', () => [
    Object.assign([], { 1_000_000: 1 }),
  ]),
  gives('4 values: cycles', 'return [payload.self === payload, payload.list[0] === payload];', [true, true], {
    payload: cycle(),
  }),
  row('4 values: cycles', 'from the guest', async (bench) => {
    const value = (await runBody(
      bench,
      'const a = { list: [] }; a.self = a; a.list.push(a); a.map = new Map([[a, a]]); return a;',
    )) as { self: unknown; list: unknown[]; map: Map<unknown, unknown> };
    expect([value.self === value, value.list[0] === value, value.map.get(value) === value]).toEqual([true, true, true]);
  }),
  row('4 values: cycles', 'there and back', async (bench) =>
    expect(await runBody(bench, 'return payload;', { payload: cycle() })).toEqual(cycle()),
  ),
  gives(
    '4 values: shared references',
    'return [payload.a === payload.b, payload.a.buffer === payload.b.buffer, payload.c === payload.d];',
    [true, true, true],
    { payload: shared() },
  ),
  row('4 values: shared references', 'from the guest', async (bench) => {
    const value = (await runBody(
      bench,
      'const o = {}; const buffer = new ArrayBuffer(8); return { a: o, b: o, x: new Uint8Array(buffer), y: new Float64Array(buffer), list: [o] };',
    )) as Record<'a' | 'b', object> & { x: Uint8Array; y: Float64Array; list: object[] };
    expect([value.a === value.b, value.x.buffer === value.y.buffer, value.list[0] === value.a]).toEqual([
      true,
      true,
      true,
    ]);
  }),
  gives(
    '4 values: class instances',
    'return [payload.constructor === Object, payload.x, payload.name === undefined];',
    [true, 1, true],
    {
      payload: new (class Point {
        x = 1;
        get name(): string {
          return 'p';
        }
      })(),
    },
  ),
  gives(
    '4 values: class instances',
    'class Point { #secret = 1; x = 1; get name() { return 1; } } return [new Point(), Object.create({ inherited: 1 }), Object.create(null)];',
    [{ x: 1 }, {}, {}],
  ),
  gives(
    '4 values: class instances',
    'class List extends Array {} class Table extends Map {} return [List.from([1]), new Table([[1, 2]])];',
    [[1], new Map([[1, 2]])],
  ),
  gives(
    '4 values: class instances',
    "return [{ [Symbol('s')]: 1, a: 1 }, Object.defineProperty({}, 'hidden', { value: 1 })];",
    [{ a: 1 }, {}],
  ),
  row('4 values: getters', 'of the host, read once', async (bench) => {
    let reads = 0;
    const payload = {
      get a(): number {
        return ++reads;
      },
    };
    expect(await runBody(bench, 'return [payload.a, payload.a];', { payload })).toEqual([1, 1]);
    expect(reads).toBe(1);
  }),
  gives('4 values: getters', 'let reads = 0; return { get a() { return ++reads; } };', { a: 1 }),
  gives('4 values: getters', 'let reads = 0; return { get a() { return ++reads; }, m: new Map() };', {
    a: 1,
    m: new Map(),
  }),
  fails('4 values: getters', "return { get a() { throw new RangeError('in the getter'); } };", {
    code: 'E_GUEST',
    message: 'in the getter',
  }),
  ...TYPES.flatMap(({ name, guest, check }) =>
    row('4 values: realms', name, async (bench) => {
      const payload = { v: vm.runInNewContext(`(${guest})`) as unknown };
      expect(await runBody(bench, `const { v } = payload; return ${check};`, { payload })).toBe(true);
    }),
  ),
  ...UNCLONEABLE.flatMap(([name, host, guest, text]) => [
    row('4 values: uncloneable', `${name} from the host`, async (bench) => {
      await expect(runBody(bench, 'return 1;', { payload: { deep: [host()] } })).rejects.toMatchObject({
        code: 'E_CLONE',
        message: `${text} ${CANNOT}`,
      });
    }),
    fails('4 values: uncloneable', `return { deep: [${guest}] };`, {
      code: 'E_CLONE',
      message: `${text} ${CANNOT}`,
      cause: { name: 'TypeError', message: `${text} ${CANNOT}` },
    }),
    fails('4 values: uncloneable', `return new Map([[1, ${guest}]]);`, {
      code: 'E_CLONE',
      message: `${text} ${CANNOT}`,
    }),
  ]),
  ...['new WeakMap()', 'new WeakRef({})', '(function* () {})()'].map((guest) =>
    fails('4 values: uncloneable', `return [${guest}];`, { code: 'E_CLONE' }),
  ),
  fails('4 values: uncloneable', 'return { pending: Promise.resolve(1) };', { code: 'E_CLONE' }),
  row('4 values: uncloneable', 'a promise of any realm from the host', async (bench) => {
    for (const pending of [Promise.resolve(1), vm.runInNewContext('Promise.resolve(1)') as unknown])
      await expect(runBody(bench, 'return 1;', { payload: { pending } })).rejects.toMatchObject({
        code: 'E_CLONE',
        message: `Cannot copy [object Promise] ${CANNOT}`,
      });
  }),
  gives(
    '4 values: uncloneable',
    "return [await attempt(() => request(upstream + '/echo', { body: new Proxy({}, {}) }))];",
    ['TypeError: Cannot copy a Proxy across the sandbox boundary'],
  ),
  gives(
    '4 values: uncloneable',
    "return [await attempt(() => request(upstream + '/echo', { headers: { get a() { throw new Error('mine'); } } }))];",
    ['Error: mine'],
  ),
  row('4 values: thenables', 'a handler returns one', async (bench) => {
    expect(await failureOf(bench, "return { then(resolve) { resolve('adopted'); } };")).toMatchObject({
      code: 'E_CLONE',
      message: `Cannot copy function "then" ${CANNOT}`,
    });
  }),
  handler('4 values: thenables', "() => ({ then: 'a word' })", { then: 'a word' }),
  row('4 values: thenables', 'from the host', async (bench) => {
    expect(await runHandler(bench, 'async (options) => [options.then]', { then: 'a word' })).toEqual(['a word']);
  }),
  ...bothWays(
    '4 values: strings',
    is('a lone surrogate', () => 'a\ud800b', "'a\\ud800b'"),
  ),
  ...bothWays(
    '4 values: strings',
    is('a lone low surrogate', () => '\udc00', "'\\udc00'"),
  ),
  ...bothWays(
    '4 values: strings',
    is('NUL', () => 'a\0b\0', "'a\\0b\\0'"),
  ),
  ...bothWays(
    '4 values: strings',
    is('an astral character', () => '𝒳', "'\\u{1d4b3}'"),
  ),
  ...bothWays(
    '4 values: strings',
    is('Latin-1 and beyond', () => 'é'.repeat(40) + '語', "'é'.repeat(40) + '語'"),
  ),
  gives('4 values: strings', 'return Object.keys(payload);', ['a\0b', '\ud800', '語'], {
    payload: { 'a\0b': 1, '\ud800': 2, 語: 3 },
  }),
  gives('4 values: strings', "return { ['a\\0b']: 1, ['\\ud800']: 2 };", { 'a\0b': 1, '\ud800': 2 }),
  handler('4 values: this', 'function () { return typeof this; }', 'undefined'),
  handler('4 values: this', "Function('return this === globalThis')", true),
  row('4 values: this', 'of endpoints and hooks', async (bench) => {
    await using _ = await bench.load(
      'hook',
      "export default ({ filter }) => filter('row', function () { return String(this) + arguments.length; });",
    );
    expect(await bench.host.filter('row', 1)).toBe('undefined1');
  }),
  gives('4 values: plain values', 'return payload;', plain, { payload: plain() }),
  row('4 values: plain values', 'a text of a megabyte', async (bench) => {
    const payload = 'x'.repeat(2 ** 20);
    expect((await runBody(bench, 'return payload;', { payload })) === payload).toBe(true);
  }),
  ...['Error', 'TypeError', 'RangeError', 'SyntaxError', 'AggregateError'].map((name) =>
    throws('4 values: errors', `throw new ${name}(${name === 'AggregateError' ? '[], ' : ''}'no');`, {
      code: 'E_GUEST',
      message: 'no',
      cause: { name, message: 'no', stack: expect.stringMatching(/at .*handler.*\(row-\d+\/dist\/api\.js:2:\d+\)/) },
    }),
  ),
  throws('4 values: errors', "throw Object.assign(new Error('no'), { message: 5 });", { message: '5' }),
  throws('4 values: errors', "class Odd extends Error { name = 'Odd'; } throw new Odd('no');", {
    cause: { name: 'Odd', message: 'no' },
  }),
  throws('4 values: errors', "throw Object.assign(new Error('no'), { code: 'E_CPU', status: 403 });", {
    code: 'E_GUEST',
    cause: { cause: { code: 'E_CPU', status: 403 } },
  }),
  throws('4 values: errors', "const error = new Error('no'); error.name = 'SandglassError'; throw error;", {
    code: 'E_GUEST',
    cause: { name: 'SandglassError' },
  }),
  throws('4 values: errors', "throw new Error('a\\0b\\ud800');", { code: 'E_GUEST', message: 'a\0b\ud800' }),
  throws('4 values: errors', "return Promise.reject(new Error('late'));", { code: 'E_GUEST', message: 'late' }),
  ...PRIMITIVES.map(([source, value]) =>
    row('4 values: thrown primitives', `throw ${source}`, async (bench) => {
      const error = await failureOf(bench, `throw ${source};`);
      expect(error).toMatchObject({ code: 'E_GUEST' });
      expect((error as Error).cause).toBe(value);
    }),
  ),
  row('4 values: thrown primitives', 'throw undefined', async (bench) => {
    const error = (await failureOf(bench, 'throw undefined;')) as Error;
    expect(error).toMatchObject({ code: 'E_GUEST', message: 'undefined' });
    expect(error.cause).toBeUndefined();
  }),
  throws('4 values: thrown objects', "throw { message: 'no', status: 418, deep: { a: [1] } };", {
    code: 'E_GUEST',
    message: 'no',
    cause: { message: 'no', cause: { status: 418, deep: { a: [1] } } },
  }),
  throws('4 values: thrown objects', 'throw { message: 5, a: 1 };', { code: 'E_GUEST', cause: { cause: { a: 1 } } }),
  row('4 values: thrown objects', 'is an Error', async (bench) => {
    const error = (await failureOf(bench, "throw { message: 'no' };")) as Error;
    expect([error.cause instanceof Error, (error.cause as Error).message]).toEqual([true, 'no']);
  }),
  throws('4 values: thrown objects', 'throw [1, 2];', { code: 'E_GUEST', cause: { cause: { 0: 1, 1: 2 } } }),
  throws(
    '4 values: hostile errors',
    "throw { get message() { throw new Error('gotcha'); }, toString() { while (true) {} } };",
    { code: 'E_GUEST' },
  ),
  throws('4 values: hostile errors', 'throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });', {
    code: 'E_GUEST',
    message: 'The extension threw a Proxy',
  }),
  throws(
    '4 values: hostile errors',
    "throw Object.defineProperty(new Error('x'), 'stack', { get() { while (true) {} } });",
    { code: 'E_CPU' },
  ),
  throws('4 values: hostile errors', 'throw { get a() { while (true) {} } };', { code: 'E_CPU' }),
  throws('4 values: hostile errors', "Error.prototype.toString = () => { while (true) {} }; throw new Error('x');", {
    code: 'E_GUEST',
    message: 'x',
  }),
];

function cycle(): object {
  const value: { self?: unknown; list: unknown[] } = { list: [] };
  value.self = value;
  value.list.push(value);
  return value;
}

function shared(): object {
  const view = new Uint8Array([1]);
  const object = { x: 1 };
  return { a: view, b: view, c: object, d: object };
}

function plain(): object {
  return { id: 5, title: 'text', tags: ['a', 'b'], nested: { ok: true, none: null, list: [[], {}, 1.5] } };
}
