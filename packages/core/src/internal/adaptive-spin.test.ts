import { describe, expect, test } from 'vitest';

import { AdaptiveSpin } from './adaptive-spin.js';

function misses(spin: AdaptiveSpin, count: number): boolean[] {
  return Array.from({ length: count }, () => {
    const waits = spin.begin();
    if (waits) spin.miss();
    return waits;
  });
}

describe('AdaptiveSpin', () => {
  test('four waits in vain are followed by fifty occasions without, and then one', () => {
    const spin = new AdaptiveSpin();
    expect(misses(spin, 4)).toEqual([true, true, true, true]);
    expect(misses(spin, 50)).not.toContain(true);
    expect(misses(spin, 2)).toEqual([true, false]);
  });

  test('a wait that was not in vain begins the count anew', () => {
    const spin = new AdaptiveSpin();
    misses(spin, 3);
    spin.hit();
    expect(misses(spin, 5)).toEqual([true, true, true, true, false]);
  });
});
