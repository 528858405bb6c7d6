import { describe, expect, test } from 'vitest';

import { ByteBudget } from './byte-budget.js';

/** Takes one byte after the other as long as it fits. */
function fill(budget: ByteBudget<string>, owner: string): number {
  let bytes = 0;
  for (; budget.fits(owner, 1); bytes++) budget.add(owner, 1);
  return bytes;
}

describe('ByteBudget', () => {
  test('one owner alone gets half, whoever comes next half of what is left', () => {
    const budget = new ByteBudget<string>(1_200);
    expect([fill(budget, 'a'), fill(budget, 'b'), fill(budget, 'c')]).toEqual([600, 300, 150]);
    expect(budget.usedBytes).toBe(1_050);
  });

  test('owners that take in turn get the same, and leave as much for the next', () => {
    const budget = new ByteBudget<string>(1_200);
    const taken = { a: 0, b: 0 };
    for (let grew = true; grew;) {
      grew = false;
      for (const owner of ['a', 'b'] as const) {
        if (!budget.fits(owner, 1)) continue;
        budget.add(owner, 1);
        taken[owner] += 1;
        grew = true;
      }
    }
    expect(taken).toEqual({ a: 400, b: 400 });
    expect(fill(budget, 'c')).toBe(200);
  });

  test('what is given back can be taken again', () => {
    const budget = new ByteBudget<string>(100);
    budget.add('a', 50);
    expect([budget.fits('a', 1), budget.fits('a', 0)]).toEqual([false, true]);
    budget.give('a', 50);
    expect(budget.usedBytes).toBe(0);
    expect(fill(budget, 'a')).toBe(50);
  });
});
