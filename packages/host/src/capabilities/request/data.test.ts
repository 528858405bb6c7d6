import { expect, test } from 'vitest';

import { parseData } from './data.js';

test.each([
  ['', ''],
  ['text', 'text'],
  ['{"a":[1]}', { a: [1] }],
  [' [1] ', [1]],
  ['"x"', 'x'],
  ['12', 12],
  ['-1e3', -1_000],
  ['true', true],
  ['null', null],
  ['nullable', 'nullable'],
  ['{broken', '{broken'],
  ['\ufeff{"a":1}', { a: 1 }],
  ['<p>1</p>', '<p>1</p>'],
])('parseData(%j)', (body, data) => {
  expect(parseData(Buffer.from(body))).toEqual(data);
});

test('JSON nested beyond 1,000 levels is a text; brackets in strings do not count', () => {
  const flat = JSON.stringify({ a: '['.repeat(5_000), b: '\\"[' });
  expect(parseData(Buffer.from(flat))).toEqual(JSON.parse(flat));
  const deep = (levels: number): Buffer => Buffer.from(`${'[{"a":'.repeat(levels)}1${'}]'.repeat(levels)}`);
  expect(parseData(deep(500))).toBeInstanceOf(Array);
  expect(parseData(deep(501))).toBe(deep(501).toString());
});
