import { afterEach, describe, expect, test, vi } from 'vitest';

import { extensionWire, TestPool } from '../testing/fake-lanes.js';

describe('Ledger', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('calls that expire together end in turns, however many they are', async () => {
    const pool = new TestPool();
    await pool.load(extensionWire(1));
    let ended = 0;
    const calls = Array.from({ length: 10 }, () => pool.call(1, { wallTimeMs: 20 }).catch(() => (ended += 1)));
    await pool.settle();
    let nowMs = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 1)); // each call takes some
    pool.pass(20);
    await Promise.resolve(); // and no timer, which would be the next tick
    await Promise.resolve();
    expect(ended).toBeGreaterThan(0);
    expect(ended).toBeLessThan(10);
    pool.pass(200);
    await Promise.all(calls);
    expect(ended).toBe(10);
    await pool.core.close(0);
  });
});
