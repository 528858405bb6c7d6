import { describe, expect, test } from 'vitest';

import { findFrame, formatCodeFrame } from './code-frame.js';

const SOURCE = 'one\ntwo\n\tthree\nfour\nfive\nsix';

describe('formatCodeFrame', () => {
  test('shows the lines around a position, and marks it', () => {
    expect(formatCodeFrame(SOURCE, { line: 3, column: 2 })).toEqual([
      '  1 | one',
      '  2 | two',
      '> 3 |  three',
      '    |  ^',
      '  4 | four',
      '  5 | five',
    ]);
  });

  test('cuts a long line around the position', () => {
    const frame = formatCodeFrame(`${'x'.repeat(5_000)}HERE${'y'.repeat(5_000)}`, { line: 1, column: 5_001 });
    expect(frame[0]!.length).toBeLessThan(120);
    expect(frame[0]!.indexOf('HERE')).toBe(frame[1]!.indexOf('^'));
  });

  test('shows nothing for a line that is not there', () => {
    expect(formatCodeFrame(SOURCE, { line: 9, column: 1 })).toEqual([]);
  });

  test.each([
    ['    at <anonymous> (hello/src/index.ts:5:25)\n', { file: 'src/index.ts', line: 5, column: 25 }],
    ['    at hello/dist/index.js:2:9\n', { file: 'dist/index.js', line: 2, column: 9 }],
    [
      '    at sort (native)\n    at f (other/index.js:1:1)\n    at g (hello/index.js:2:3)',
      { file: 'index.js', line: 2, column: 3 },
    ],
  ])('finds the frame in %s', (stack, expected) => {
    expect(findFrame(stack, 'hello')).toEqual(expected);
  });

  test('finds no frame where there is none of the extension', () => {
    expect(findFrame('    at f (native)', 'hello')).toBeUndefined();
  });
});
