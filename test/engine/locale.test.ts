import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { TestEngine } from './open-engine.js';

let engine: TestEngine;

const TOOLS = `
  const failed = (run) => { try { return run(); } catch (error) { return error instanceof Error ? error.name : error; } };
  const day = new Date(Date.UTC(2024, 11, 31, 23, 30));
`;

/** Code of a guest, which the runtime of this test runs as well. */
const SAME_AS_THE_RUNTIME = [
  ...[
    "'a'.localeCompare('b')",
    "'a'.localeCompare('a')",
    "'a'.localeCompare('A')",
    "'ä'.localeCompare('z', 'sv')",
    "'résumé'.localeCompare('resume')",
    "'a\\u0301'.localeCompare('\\u00e1')",
    "'10'.localeCompare('2', undefined, { numeric: true })",
    "'a'.localeCompare('A', ['xx', 'de'], { sensitivity: 'base' })",
    "'\\ud800'.localeCompare('\\ud801')",
    "'a\\0b'.localeCompare('ab')",
    "'null'.localeCompare(null)",
    "String.prototype.localeCompare.call(5, '6')",
    "('é'.repeat(2_000) + 'a').localeCompare('é'.repeat(2_000) + 'b')",
    "['z', 'a', 'Z', 'ä', '1', '-'].sort((a, b) => a.localeCompare(b))",
  ],
  ...[
    "'i'.toLocaleUpperCase('tr')",
    "'I'.toLocaleLowerCase(['lt', 'tr'])",
    "'\\ud800\\0ß'.toLocaleUpperCase('de')",
    "'ΑΣ'.toLocaleLowerCase()",
  ],
  ...[
    '(1234567.891).toLocaleString()',
    "(1234567.891).toLocaleString('de-DE', { style: 'currency', currency: 'EUR' })",
    "(0.256).toLocaleString('en', { style: 'percent', maximumFractionDigits: '1' })",
    '[NaN, -0, Infinity].map((n) => n.toLocaleString())',
    "(12345678901234567890n).toLocaleString('de')",
  ],
  ...[
    "day.toLocaleString('en-US', { timeZone: 'UTC' })",
    "day.toLocaleDateString('de-DE', { timeZone: 'Europe/Berlin', dateStyle: 'full' })",
    "day.toLocaleTimeString('fr', { timeZone: 'Asia/Tokyo', hour: '2-digit', hour12: false })",
    "day.toLocaleDateString('en', { hour: 'numeric', timeZone: 'UTC' })",
    "day.toLocaleTimeString('en', { year: 'numeric', timeZone: 'UTC' })",
    'new Date(NaN).toLocaleDateString()',
  ],
  ...[
    "failed(() => 'a'.localeCompare('b', 'not_a_locale'))",
    "failed(() => 'a'.localeCompare('b', null))",
    "failed(() => 'a'.localeCompare('b', [5]))",
    "failed(() => 'a'.localeCompare('b', 'de', { usage: 'none' }))",
    "failed(() => 'a'.localeCompare('b', 'de', { get usage() { throw 7; } }))",
    "failed(() => 'a'.localeCompare(Symbol()))",
    'failed(() => String.prototype.localeCompare.call(null))',
    "failed(() => (1).toLocaleString('de', { style: 'currency' }))",
    'failed(() => Number.prototype.toLocaleString.call("1"))',
    "failed(() => day.toLocaleDateString('de', { timeStyle: 'short' }))",
    "failed(() => day.toLocaleString('de', { timeZone: 'Nowhere' }))",
    'failed(() => Date.prototype.toLocaleString.call({}))',
  ],
];

describe('locales', () => {
  beforeAll(async () => {
    engine = await TestEngine.open();
  });

  afterAll(() => engine.engine.close());

  async function valueOf(code: string): Promise<unknown> {
    const id = await engine.load(`export default { id: 'x', handler() { ${TOOLS} return ${code}; } };`);
    return engine.value(id);
  }

  test.each(SAME_AS_THE_RUNTIME)('%s', async (code) => {
    // oxlint-disable-next-line typescript/no-implied-eval -- a line of the list above
    const here: unknown = new Function(`${TOOLS} return ${code};`)();
    expect(await valueOf(code)).toEqual(here);
  });

  test.each([
    ['no zone is UTC', "day.toLocaleString('de')", '31.12.2024, 23:30:00'],
    ['no locale is en-US', "[(1.5).toLocaleString('xx'), (1.5).toLocaleString([])]", ['1.5', '1.5']],
    [
      'the look of a built-in',
      `['localeCompare', 'toLocaleUpperCase'].map((name) => {
        const { value, enumerable } = Object.getOwnPropertyDescriptor(String.prototype, name);
        return [value.name, value.length, enumerable, 'prototype' in value, /native code/.test(value)];
      })`,
      [
        ['localeCompare', 1, false, false, true],
        ['toLocaleUpperCase', 0, false, false, true],
      ],
    ],
    [
      'patched prototypes',
      `(() => {
        for (const name of ['concat', 'slice', 'valueOf']) String.prototype[name] = null;
        Array.prototype[Symbol.iterator] = null;
        Object.prototype.toJSON = () => 9;
        Object.defineProperty(Object.prototype, 0, { set() { throw 1; }, configurable: true });
        return 'b'.localeCompare('a', 'de', { numeric: true });
      })()`,
      1,
    ],
    [
      'marks without end on one letter',
      "('a' + '\\u0301'.repeat(200_000) + '\\u0316'.repeat(200_000)).localeCompare('a' + '\\u0300'.repeat(200_000))",
      -1,
    ],
    ['a text that is too long', "failed(() => ('é'.repeat(1_048_577)).localeCompare('é'))", 'RangeError'],
    ['a long text of ASCII', "('e'.repeat(1_048_577)).localeCompare('e')", 1],
    ['names that are too long', "failed(() => 'a'.localeCompare('b', 'd'.repeat(256)))", 'RangeError'],
    ['too many locales', "failed(() => 'a'.localeCompare('b', new Array(101).fill('de')))", 'RangeError'],
    [
      'too many formats of dates',
      `(() => {
        const format = (i) => day.toLocaleString('en', { minute: '2-digit', fractionalSecondDigits: 1 + (i % 3), timeZone: 'Etc/GMT+' + (i % 12), era: ['long', 'short', 'narrow'][i % 5 % 3], weekday: ['long', 'short', undefined][i % 7 % 3] });
        let i = 0;
        return [failed(() => { for (;;) format(i++); }), i > 256];
      })()`,
      ['RangeError', true],
    ],
  ])('%s', async (_, code, expected) => {
    expect(await valueOf(code)).toEqual(expected);
  });

  test('100,000 texts are sorted within the limits', async () => {
    const code = `Array.from({ length: 100_000 }, (_, i) => 'Item ' + ((i * 7919) % 100_000)).sort((a, b) => a.localeCompare(b))[1]`;
    expect(await valueOf(code)).toBe('Item 1');
  });

  test('a recursion through them ends at the stack', async () => {
    const id = await engine.load(`export default { id: 'x', handler() {
      const self = { toString: () => 'a'.localeCompare(self) };
      return 'a'.localeCompare(self);
    } };`);
    expect(await engine.call(id)).toMatchObject({ ok: false, code: 'E_STACK' });
  });
});
