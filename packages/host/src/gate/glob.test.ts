import { describe, expect, test } from 'vitest';

import { type Characters, compileGlob, matchGlob } from './glob.js';

/** Text that counts how often it is read. */
function countReads(pattern: string, text: string): number {
  let reads = 0;
  const counted: Characters = { length: text.length, charCodeAt: (index) => (reads++, text.charCodeAt(index)) };
  matchGlob(compileGlob(pattern), counted);
  return reads;
}

describe('compileGlob', () => {
  test.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['*', 'a/b?c', true],
    ['/a', '/a', true],
    ['/a', '/A', false],
    ['/a*', '/a', true],
    ['/a**b', '/ab', true],
    ['/*/x', '/a/x', true],
    ['/*/x', '/x', false],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
    ['*aab*', 'aaaab', true],
    ['*aba*aba', 'ababa', false],
    ['*aba*aba', 'abaaba', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*b*b', 'ab', false],
    ['$.^[x]{2}', '$.^[x]{2}', true],
    ['a.c', 'abc', false],
  ])('glob %j on %j: %s', (pattern, text, matches) => {
    expect(matchGlob(compileGlob(pattern), text)).toBe(matches);
  });

  test.each([
    ['a needle that almost matches everywhere', `*${'a'.repeat(500)}b*`],
    ['stars between single letters', `${'*a'.repeat(500)}*b`],
    ['a periodic needle', `*${'ab'.repeat(200)}c*${'ab'.repeat(200)}c`],
  ])('reads each character at most twice, with %s', (_, pattern) => {
    const text = 'ab'.repeat(2_000) + 'a'.repeat(4_000);
    expect(countReads(pattern, text)).toBeLessThanOrEqual(2 * text.length);
  });
});
