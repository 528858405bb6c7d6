import { expect, test } from 'vitest';

import { Patience } from './patience.js';

function misses(patience: Patience, count: number): boolean[] {
  return Array.from({ length: count }, () => {
    const waits = patience.begin();
    if (waits) patience.miss();
    return waits;
  });
}

test('four waits in vain are followed by fifty occasions without, and then one', () => {
  const patience = new Patience();
  expect(misses(patience, 4)).toEqual([true, true, true, true]);
  expect(misses(patience, 50)).not.toContain(true);
  expect(misses(patience, 2)).toEqual([true, false]);
});

test('a wait that was not in vain begins the count anew', () => {
  const patience = new Patience();
  misses(patience, 3);
  patience.hit();
  expect(misses(patience, 5)).toEqual([true, true, true, true, false]);
});
