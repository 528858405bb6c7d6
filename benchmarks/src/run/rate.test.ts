import { describe, expect, test } from 'vitest';

import { measureMedian, measureRate } from './rate.js';

describe('measureRate', () => {
  test('a rate keeps exactly that many calls in flight and counts those that ended', async () => {
    let running = 0;
    let most = 0;
    let calls = 0;
    const start = performance.now();
    const rate = await measureRate(
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        calls++;
      },
      8,
      20,
    );
    const elapsedMs = performance.now() - start;
    expect(most).toBe(8);
    expect(running).toBe(0);
    // The clock of the test runs a little longer than the measured one.
    expect(rate).toBeGreaterThanOrEqual((calls * 1000) / elapsedMs);
  });

  test('a rate makes each lane call at least once', async () => {
    let calls = 0;
    await measureRate(() => calls++, 3, 0);
    expect(calls).toBe(3);
  });

  test('a median is of single calls', async () => {
    let calls = 0;
    expect(await measureMedian(() => calls++, 5, 60_000)).toBeGreaterThan(0);
    expect(calls).toBe(5);
  });

  test('a median is of one call at least, however short the time', async () => {
    let calls = 0;
    await measureMedian(() => calls++, 5, 0);
    expect(calls).toBe(1);
  });

  test('a failing call fails the measurement', async () => {
    await expect(measureRate(() => Promise.reject(new Error('no')), 2, 5)).rejects.toThrow('no');
  });
});
