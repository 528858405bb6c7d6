import { describe, expect, test } from 'vitest';

import { failuresOf, formatBytes, formatCount, formatDuration, formatMs } from './format.js';

describe('figures on the status page', () => {
  test.each([
    [formatCount, 999_999, '999,999'],
    [formatCount, 1_250_000, '1.3M'],
    [formatMs, 0, '–'],
    [formatMs, 1.234, '1.23 ms'],
    [formatMs, 9_999, '9999 ms'],
    [formatMs, 10_000, '10.0 s'],
    [formatBytes, 1024, '1 KiB'],
    [formatBytes, 1024 ** 2, '1 MiB'],
    [formatBytes, 1.5 * 1024 ** 3, '1.5 GiB'],
    [formatDuration, 59_999, '59 s'],
    [formatDuration, 60_000, '1 min'],
    [formatDuration, 86_400_000 + 120_000, '1 d 2 min'],
  ])('%o writes %d as %s', (format, value, text) => {
    expect(format(value)).toBe(text);
  });

  test('everything but ok is a failure', () => {
    expect(failuresOf({ ok: 5, E_CPU: 2, E_GUEST: 1 })).toBe(3);
    expect(failuresOf({})).toBe(0);
  });
});
