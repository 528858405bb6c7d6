import { describe, expect, test } from 'vitest';

import { MemoryBudget } from './memory-budget.js';

const MIB = 1 << 20;

describe('MemoryBudget', () => {
  test('what lanes use adds up, and is gone with them', () => {
    const budget = MemoryBudget.create(3, 8 * MIB);
    const elsewhere = new MemoryBudget(budget.slots);
    budget.charge(0, 3 * MIB, 1);
    elsewhere.charge(2, 4 * MIB, 2);
    expect([budget.usedBytes, budget.sandboxes, budget.bytesOf(2)]).toEqual([7 * MIB, 3, 4 * MIB]);
    elsewhere.charge(2, -MIB, -1);
    budget.clear(0);
    expect([elsewhere.usedBytes, elsewhere.sandboxes]).toEqual([3 * MIB, 1]);
  });

  test('the first sandbox of an extension finds room that further ones do not', () => {
    const budget = MemoryBudget.create(1, 8 * MIB);
    budget.charge(0, 7 * MIB);
    expect(budget.missingBytes(MIB, 'more')).toBe(2 * MIB);
    expect(budget.missingBytes(MIB, 'first')).toBe(0);
    expect(budget.missingBytes(MIB + 1, 'first')).toBe(1);
    expect(budget.missingBytes(1.5 * MIB, 'small')).toBe(0);
  });

  test('without a number there is no limit, but for the number of memories', () => {
    const budget = MemoryBudget.create(1);
    budget.charge(0, 1e11);
    expect(budget.missingBytes(1e11, 'more')).toBe(0);
    budget.charge(0, 0, 3_300);
    expect([budget.hasSlot('more'), budget.hasSlot('first')]).toEqual([false, true]);
    budget.charge(0, 0, 796);
    expect(budget.hasSlot('first')).toBe(false);
  });
});
