import { describe, expect, test } from 'vitest';

import { isDeeperThan } from './json-depth.js';

describe('isDeeperThan', () => {
  test.each([
    ['[{"a":'.repeat(500), '}]'.repeat(500), false],
    ['[{"a":'.repeat(501), '}]'.repeat(501), true],
    ['['.repeat(2_001), '', true],
    [`{"a":"${'['.repeat(5_000)}\\"[`, '"}', false],
    ['[],'.repeat(5_000), '', false],
  ])('brackets in strings do not count as nesting, real ones do: %#', (open, close, isDeeper) => {
    expect(isDeeperThan(Buffer.from(open + close), 1_000)).toBe(isDeeper);
  });
});
