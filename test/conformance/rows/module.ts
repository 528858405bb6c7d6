/* oxlint-disable vitest/no-standalone-expect -- rows run inside of tests */
import { expect } from 'vitest';

import type { Bench } from '../bench.js';
import type { Sentence } from '../contract.js';
import { fails, gives, type Row, row } from '../row.js';

/** The source does not load, with an E_LOAD whose message ends like this. */
function refuses(sentence: Sentence, source: string, message: string): Row {
  return row(sentence, source.slice(0, 100), async (bench) => {
    const error: unknown = await bench.load('hook', source, { name: 'refused' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'E_LOAD',
      message: expect.stringContaining(`Cannot load "refused": ${message}`),
    }); // and where
    expect(bench.host.extensions).toEqual([]);
  });
}

const PROHIBITED = 'Imports other than "directus:api" are prohibited in API extension sandboxes';
const BUILT_INS = [
  ...[
    'Object',
    'Array',
    'Map',
    'Set',
    'WeakMap',
    'WeakSet',
    'WeakRef',
    'Promise',
    'Proxy',
    'Reflect',
    'Symbol',
    'BigInt',
  ],
  ...[
    'Date',
    'RegExp',
    'JSON',
    'Math',
    'Error',
    'AggregateError',
    'ArrayBuffer',
    'DataView',
    'Uint8Array',
    'Float64Array',
  ],
  ...['parseInt', 'parseFloat', 'isNaN', 'encodeURIComponent', 'decodeURIComponent', 'eval', 'Function', 'globalThis'],
];
const ABSENT = [
  'setTimeout',
  'setInterval',
  'queueMicrotask',
  'fetch',
  'URL',
  'URLSearchParams',
  'TextEncoder',
  'TextDecoder',
  'crypto',
  'Buffer',
  'require',
  'module',
  'performance',
  'structuredClone',
  'global',
  'window',
];

/** A hook that answers 'row' with an expression over what the loop did. */
const generator = (code: string, result: string): string =>
  `${code}\nexport default ({ filter }) => filter('row', async () => { ${result} });`;

function forOf(title: string, code: string, result: string, expected: unknown): Row {
  return row('2 module: for-of yield', title, async (bench) => {
    await using _ = await bench.load('hook', generator(code, result));
    expect(await bench.host.filter('row', 1)).toStrictEqual(expected);
  });
}

/** Runs the expression in a host with another option. */
async function withNodeEnv(bench: Bench, nodeEnv: string | null, expression: string): Promise<unknown> {
  await using other = await bench.open({ nodeEnv });
  await using _ = await other.load('hook', `export default ({ filter }) => filter('row', () => ${expression});`);
  return await other.host.filter('row', 1); // before the host is closed
}

export const moduleRows: readonly Row[] = [
  row('2 module: es module', 'named .cjs in a package of type commonjs', async (bench) => {
    const manifest = {
      name: 'cjs',
      version: '1.0.0',
      type: 'commonjs',
      'directus:extension': { type: 'hook', path: 'i.cjs', source: 'i', host: '*', sandbox: { enabled: true } },
    };
    await bench.host.load({
      manifest,
      source: "export default ({ filter }) => filter('row', () => typeof module + typeof this);",
    });
    expect(await bench.host.filter('row', 1)).toBe('undefinedundefined');
    await bench.host.unload('cjs');
  }),
  ...[
    ['String(7.120236347223045e-307)', '7.120236347223045e-307'],
    ['100000000000000000000000.000000000000001', 1.0000000000000001e23],
    ["JSON.parse('100000000000000000000000.000000000000001')", 1.0000000000000001e23],
    ["Number(`0.${'0'.repeat(40)}1`)", 1e-41],
    ['[(0.1).toString(3), (1e21).toString(7)]', [(0.1).toString(3), (1e21).toString(7)]],
    ['[(2 ** -44).toString(), (2 ** -44).toExponential()]', ['5.684341886080802e-14', '5.684341886080802e-14']],
  ].map(([body, expected]) => gives('2 module: numbers', `return ${String(body)};`, expected)),
  gives(
    '2 module: regular expressions',
    "return [new RegExp('-', 'v').test('3-4'), /a--b&&c/v.test('a--b&&c'), attemptSync(() => new RegExp('[(]', 'v')).slice(0, 11)];",
    [true, true, 'SyntaxError'],
  ),
  ...[
    ['(async function* () { yield 1; yield 2; })()', [1, 2]],
    ['[Promise.resolve(1), 2], async (value, index) => value * 10 + index', [10, 21]],
    ["{ length: 2, 0: 'a', 1: Promise.resolve('b') }", ['a', 'b']],
    ['[1], function (value) { return this.by * value; }, { by: 7 }', [7]],
  ].map(([args, expected]) => gives('2 module: Array.fromAsync', `return Array.fromAsync(${String(args)});`, expected)),
  refuses('2 module: es module', 'module.exports = () => {};', "'module' is not defined"),
  gives(
    '2 module: directus:api',
    'return [Object.keys(api), typeof api.log, typeof api.sleep, typeof api.request, Object.prototype.toString.call(api)];',
    [['log', 'request', 'sleep'], 'function', 'function', 'function', '[object Module]'],
    {
      module: "import * as api from 'directus:api';",
    },
  ),
  gives('2 module: directus:api', 'return [again === log, wait === sleep];', [true, true], {
    module: "import { log as again, sleep as wait } from 'directus:api';",
  }),
  ...[
    'fs',
    'node:fs',
    './other.js',
    'https://x.test/a.js',
    'directus:other',
    'directus:api?x',
    'Directus:api',
    'data:text/javascript,0',
    '',
  ].map((specifier) =>
    refuses('2 module: other imports', `import ${JSON.stringify(specifier)}; export default () => {};`, PROHIBITED),
  ),
  refuses('2 module: other imports', "export * from 'x'; export default () => {};", PROHIBITED),
  refuses('2 module: other imports', "export { a } from 'lodash'; export default () => {};", PROHIBITED),
  row('2 module: missing export', 'import { fetch }', async (bench) => {
    const error = await bench
      .load('hook', "import { fetch } from 'directus:api'; export default () => {};")
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_LOAD', cause: { name: 'SyntaxError' } });
  }),
  row('2 module: missing export', 'import of a default', async (bench) => {
    const error = await bench
      .load('hook', "import api from 'directus:api'; export default () => {};")
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_LOAD', cause: { name: 'SyntaxError' } });
  }),
  ...["import('directus:api')", "import('fs')", "import('./x.js')", 'Function(\'return import("fs")\')()'].map((call) =>
    gives('2 module: dynamic import', `return attempt(() => ${call});`, 'Error: Not supported'),
  ),
  gives(
    '2 module: import.meta',
    'return [typeof import.meta, Reflect.ownKeys(import.meta).filter((key) => key !== "main" && key !== "url"), /file:|^\\/|node_modules/.test(String(import.meta.url))];',
    ['object', [], false],
  ),
  gives('2 module: top-level await', 'return value;', 5, {
    module: 'const value = await new Promise((resolve) => resolve(5));',
  }),
  gives('2 module: top-level await', 'return found;', 'Error: no', {
    module: "let found; try { await Promise.reject(new Error('no')); } catch (error) { found = String(error); }",
  }),
  refuses(
    '2 module: top-level await',
    "await Promise.reject(new Error('not today')); export default () => {};",
    'not today',
  ),
  gives('2 module: top-level sleep', 'return order;', ['before', 'after'], {
    module: "const order = ['before']; await sleep(50); order.push('after');",
  }),
  gives(
    '2 module: built-ins',
    `return ${JSON.stringify(BUILT_INS)}.filter((name) => typeof globalThis[name] === 'undefined');`,
    [],
  ),
  gives(
    '2 module: built-ins',
    'return [[1, [2]].flat(), [3, 1].toSorted(), "a-b".replaceAll("-", "+"), Object.groupBy ? 1 : 0, /(?<y>\\d)/.exec("7").groups.y, 2n ** 64n];',
    [[1, 2], [1, 3], 'a+b', 1, '7', 2n ** 64n],
  ),
  ...['log', 'info', 'warn', 'error', 'debug', 'trace'].map((method) =>
    row('2 module: console', `console.${method} without a scope`, async (bench) => {
      await using loaded = await bench.load(
        'hook',
        `export default ({ filter }) => filter('row', () => { console.${method}('a', { b: 1 }, 2); return 'ok'; });`,
        { scopes: {} },
      );
      const before = bench.logs.length;
      expect(await bench.host.filter('row', 1)).toBe('ok');
      expect(bench.logs.slice(before)).toEqual([
        { extension: loaded.name, callId: expect.any(Number), level: 'debug', message: 'a {"b":1} 2' },
      ]);
    }),
  ),
  gives(
    '2 module: console',
    "return ['assert', 'count', 'dir', 'group', 'groupEnd', 'table', 'time', 'timeEnd'].map((name) => typeof console[name]);",
    Array.from({ length: 8 }, () => 'function'),
  ),
  gives(
    '2 module: console',
    'return [console.error(Symbol("s")), console.log(Object.create(null)), console.warn(() => {}), console.log(1n)];',
    [undefined, undefined, undefined, undefined],
  ),
  gives('2 module: process', 'return [process.env.NODE_ENV, Reflect.ownKeys(process), Reflect.ownKeys(process.env)];', [
    'production',
    ['env'],
    ['NODE_ENV'],
  ]),
  row('2 module: process', 'another NODE_ENV', async (bench) => {
    expect(await withNodeEnv(bench, 'development', 'process.env.NODE_ENV')).toBe('development');
  }),
  row('2 module: documented minimum', 'neither process nor console', async (bench) => {
    expect(await withNodeEnv(bench, null, '[typeof process, typeof console]')).toEqual(['undefined', 'undefined']);
  }),
  gives('2 module: absent', `return ${JSON.stringify(ABSENT)}.filter((name) => name in globalThis);`, []),
  ...[
    ["['b', 'ä', 'a', 'C'].sort((a, b) => a.localeCompare(b))", ['a', 'ä', 'b', 'C']],
    ["['ä'.localeCompare('z'), 'ä'.localeCompare('z', 'sv')]", [-1, 1]],
    ["'10'.localeCompare('2', undefined, { numeric: true })", 1],
    ["['i'.toLocaleUpperCase('tr'), 'I'.toLocaleLowerCase('tr')]", ['İ', 'ı']],
    ["[(1234.5).toLocaleString(), (1234.5).toLocaleString('de-DE')]", ['1,234.5', '1.234,5']],
    ['new Date(0).toLocaleDateString()', '1/1/1970'],
    ["new Date(0).toLocaleTimeString('de', { timeZone: 'Europe/Berlin' })", '01:00:00'],
  ].map(([body, expected]) => gives('2 module: locales', `return ${String(body)};`, expected)),
  ...["'é'.repeat(1_048_577).localeCompare('e')", "'a'.localeCompare('b', 'd'.repeat(256))"].map((body) =>
    gives('2 module: locale limits', `return attemptSync(() => ${body}).slice(0, 10);`, 'RangeError'),
  ),
  gives('2 module: WeakRef', 'return typeof new WeakRef({}).deref();', 'object'),
  gives('2 module: gaps', 'return [typeof Intl, typeof WebAssembly];', ['undefined', 'undefined']),
  fails('2 module: gaps', 'return new Intl.NumberFormat();', { code: 'E_GUEST', cause: { name: 'ReferenceError' } }),
  forOf(
    'for (const a of yield x)',
    'function* g() { const seen = []; for (const a of yield 1) seen.push(a); return seen; }',
    'const it = g(); return [it.next().value, it.next([7, 8]).value];',
    [1, [7, 8]],
  ),
  forOf(
    'inside of a label',
    'function* g() { let n = 0; out: for (const a of yield 1) for (const b of [1, 2, 3]) { if (b === 2) continue out; n += a; } return n; }',
    'const it = g(); it.next(); return it.next([10, 20]).value;',
    30,
  ),
  forOf(
    'in an async generator',
    'async function* g() { const seen = []; for await (const a of yield 1) seen.push(a); yield seen; }',
    'const it = g(); await it.next(); return (await it.next([Promise.resolve(1), 2])).value;',
    [1, 2],
  ),
  forOf(
    'with destructuring',
    'function* g() { const seen = []; for (const { a = 5, ...rest } of yield 1) seen.push(a, rest); return seen; }',
    'const it = g(); it.next(); return it.next([{ b: 1 }, { a: 2 }]).value;',
    [5, { b: 1 }, 2, {}],
  ),
  forOf(
    'with a TDZ',
    'function* g() { let a = [1]; try { for (const a of yield a) {} } catch (error) { return error.name; } }',
    'const it = g(); const first = it.next(); return first.done ? first.value : it.next([]).value;',
    'ReferenceError',
  ),
  forOf(
    'with yield*',
    'function* g() { const seen = []; for (const a of yield* inner()) seen.push(a); return seen; } function* inner() { yield 1; return [2]; }',
    'const it = g(); it.next(); return it.next().value;',
    [2],
  ),
  row('2 module: for-of yield', 'the source of other functions stays byte for byte', async (bench) => {
    const kept = 'function  kept ( a,b ){ /* as  it was */ return a+b }';
    await using _ = await bench.load(
      'hook',
      generator(`${kept}\nfunction* g() { for (const a of yield 1) kept(a, a); }`, 'return kept.toString();'),
    );
    expect(await bench.host.filter('row', 1)).toBe(kept);
  }),
];
