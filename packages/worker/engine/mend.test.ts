import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { runInThisContext } from 'node:vm';

import { describe, expect, test } from 'vitest';

import { decodeValue, FORM } from '@sandglass/core';

import { bufferOf } from '../src/quickjs/encoded-bytes.js';
import { compileEngine } from '../src/quickjs/engine-module.js';
import { evaluate, readCString } from '../src/quickjs/ffi.js';
import { findLayout } from '../src/quickjs/find-layout.js';
import { createInstance } from '../src/quickjs/instance.js';
import { findPoll } from './find-poll.js';
import { findExports } from './find-exports.js';
import { mend, MENDED_WITH } from './mend.js';
import { moduleOf } from './testing/module-of.js';

const wasm = await compileEngine();
const layout = await findLayout(wasm);
const instance = await createInstance(wasm, { maxBytes: 64 << 20 });
const ctx = instance.ffi.QTS_NewContext(instance.ffi.QTS_NewRuntime(), 0);

/** What the engine makes of each expression, as a text; of an error, its name. */
function ask(expressions: readonly string[]): string[] {
  const each = expressions.map((one) => `(() => { try { return String(${one}); } catch (e) { return e.name; } })()`);
  const value = evaluate(instance, ctx, `JSON.stringify([${each.join()}])`);
  const at = instance.ffi.QTS_GetString(ctx, value);
  const texts = JSON.parse(readCString(instance, at)) as string[];
  instance.module._free(at);
  return texts;
}

/** What V8 makes of them. */
function own(expressions: readonly string[]): string[] {
  return expressions.map((one) => {
    try {
      return String(runInThisContext(one));
    } catch (error) {
      return (error as Error).name;
    }
  });
}

/** Numbers of all sizes, the same in each run. */
function* numbers(count: number): Generator<number> {
  const bits = new BigUint64Array(1);
  const number = new Float64Array(bits.buffer);
  for (let i = 0n; i < BigInt(count); i++) {
    bits[0] = (i * 0x9e37_79b9_7f4a_7c15n) ^ (i << 40n);
    if (Number.isFinite(number[0])) yield number[0]!;
  }
}

/** The text of the number right between one and the next: as many digits as there are. */
function halfway(number: number): string {
  const bits = new BigUint64Array(new Float64Array([number]).buffer)[0]!;
  const exponent = Number((bits >> 52n) & 0x7ffn) - 1_076;
  const odd = 2n * ((bits & ((1n << 52n) - 1n)) | (1n << 52n)) + 1n;
  return exponent >= 0 ? String(odd << BigInt(exponent)) : `${odd * 5n ** BigInt(-exponent)}e${exponent}`;
}

const NORMAL = [...numbers(2_000)].map(Math.abs).filter((n) => n > 1e-200 && n < 1e300);
const RADIXES = [2, 3, 7, 10, 12, 16, 31, 36];

describe('numbers', () => {
  test.each([
    ['powers of two', Array.from({ length: 2_098 }, (_, i) => `2 ** ${i - 1_074}`)],
    ['numbers of all sizes', [...numbers(2_000)].map((n) => n.toExponential(17))],
    ['with an exponent', NORMAL.slice(0, 500).map((n) => `(${n}).toExponential()`)],
    ['in other radices', NORMAL.slice(0, 200).flatMap((n) => RADIXES.map((radix) => `(${n}).toString(${radix})`))],
    [
      'of small size in radix two',
      ['(5e-324).toString(2)', '(-1.7976931348623157e308).toString(2)', '(0.1).toString(3)'],
    ],
    ['in a bad radix', ['(1.5).toString(1)', '(1.5).toString(37)']],
  ])('are printed as V8 prints them: %s', (_, expressions) => {
    expect(ask(expressions)).toEqual(own(expressions));
  });

  test.each([
    ['right between two', NORMAL.map((n) => `Number('${halfway(n)}')`)],
    [
      'a little above that',
      NORMAL.map(halfway).flatMap((text) => (text.includes('e') ? [] : [`Number('${text}.${'0'.repeat(20)}1')`])),
    ],
    ['literals', ['100000000000000000000000.000000000000001', `1_000.${'0'.repeat(60)}1`, `0x${'f'.repeat(50)}`]],
    ['legacy octal and parseInt', [`0${'7'.repeat(45)}`, `parseInt('${'1'.repeat(60)}')`]],
    ['JSON', ["JSON.parse('100000000000000000000000.000000000000001')", `JSON.parse('[-0.${'0'.repeat(50)}1e60]')[0]`]],
    ['parseFloat stops where it must', [`parseFloat('${'9'.repeat(50)}.5.5')`, `parseFloat('-${'1'.repeat(50)}e')`]],
    ['what is none', [`Number('${'1'.repeat(50)}x')`, `Number('${'1'.repeat(20)}_${'1'.repeat(30)}')`]],
  ])('are read as V8 reads them: %s', (_, expressions) => {
    expect(ask(expressions)).toEqual(own(expressions));
  });
});

describe('regular expressions', () => {
  const CHARACTERS = [...'!#$%&*+,.:;<=>?@^`~()[]{}/-|\\a'];
  // not the escape of a reserved punctuator in a class, which the engine has not: README
  const pairs = (a: string): string[] => CHARACTERS.flatMap((b) => [a + b, `x${a}${b}y`]);
  const PATTERNS = CHARACTERS.flatMap((a) => [a, `\\${a}`, `[${a}]`].concat(pairs(a)));

  test.each(['v', 'u'])('flag %s refuses what V8 refuses, in classes and outside', (flag) => {
    const expressions = PATTERNS.map((pattern) => `new RegExp(${JSON.stringify(pattern)}, '${flag}').source`);
    expect(ask(expressions)).toEqual(own(expressions));
  });
});

describe('names of an encoding', () => {
  /** What an object of an expression is after its way out. */
  function copyOf(expression: string): unknown {
    const encoded = instance.ffi.QTS_bjson_encode(ctx, evaluate(instance, ctx, `(${expression})`));
    const { at, length } = bufferOf(instance, layout, encoded);
    return decodeValue(Uint8Array.of(FORM.direct, ...instance.bytes.subarray(at, at + length)));
  }

  test.each([0, 1, 23, 24, 25, 26, 60, 2_000])('%i different ones, each of them twice', (count) => {
    const object = Object.fromEntries(Array.from({ length: count }, (_, i) => [`name ${i}`, i]));
    const text = JSON.stringify([object, { ...object, length: 1, 7: 'index' }, object]);
    expect(copyOf(text)).toEqual(JSON.parse(text));
  });
});

describe('a binary that is no such engine', () => {
  test('is refused', async () => {
    const path = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
    const called = await findExports(await WebAssembly.compile(await readFile(path)), MENDED_WITH);
    const poll = await findPoll();
    expect(() => mend(moduleOf({}), poll, called)).toThrow('Cannot use this build of QuickJS');
  });
});
