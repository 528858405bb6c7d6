import { describe, expect, test } from 'vitest';

import { formatForTerminal } from './terminal.js';

describe('formatForTerminal', () => {
  test.each([
    ['plain text, é 漢 🎉', 'plain text, é 漢 🎉'],
    ['\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
    ['a\r\nINFO forged', 'a\\r\\nINFO forged'],
    ['a\tb\0c\x07', 'a\\tb\\x00c\\x07'],
    ['\x9b31m\x7f', '\\x9b31m\\x7f'],
    ['\u202egnp.exe\u2066', '\\u202egnp.exe\\u2066'],
    ['a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['\ud800a\udc00', '\\ud800a\\udc00'],
    ['\u200b\ufeff\u00ad', '\\u200b\\ufeff\\xad'],
    ['\u{e0041}', '\\u{e0041}'],
  ])('formatForTerminal(%j)', (message, safe) => {
    expect(formatForTerminal(message)).toBe(safe);
  });

  test('no character that moves, hides or ends a line is left', () => {
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).join(' ');
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    expect(formatForTerminal(all)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200e\u200f\u061c]/);
    expect(formatForTerminal(all)).not.toMatch(/\p{Surrogate}/u);
  });
});
