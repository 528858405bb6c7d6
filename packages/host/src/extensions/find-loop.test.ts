import { describe, expect, test } from 'vitest';

import { findLoop } from './find-loop.js';

describe('findLoop', () => {
  test.each([
    ['behind the position', '@f();\nlet a = 0;\n  for (;;) a++;', { line: 3, column: 3 }],
    ['on its line', '@f(); while (true) {}', { line: 1, column: 6 }],
    ['in a function that begins there', '@() => {\n  do { a++ } while (1);\n}', { line: 2, column: 3 }],
    ['none in a comment, a text or a property', '@f(); // for\n"while"; a.do; }', undefined],
    ['none behind the end of the block', 'for (;;) { @f(); }\nwhile (true) {}', undefined],
    ['none at all', '@f();', undefined],
  ])('%s', (_, text, position) => {
    const before = text.slice(0, text.indexOf('@'));
    expect(findLoop(text.replace('@', ''), { line: 1, column: before.length + 1 })).toEqual(position);
  });

  test('a position that is nowhere has none', () => {
    expect(findLoop('for (;;) {}', { line: 9, column: 1 })).toBe(undefined);
  });
});
