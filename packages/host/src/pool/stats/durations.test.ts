import { describe, expect, test } from 'vitest';

import { Durations } from './durations.js';

function of(...durationsMs: number[]): Durations {
  const made = new Durations();
  for (const ms of durationsMs) made.record(ms);
  return made;
}

describe('Durations', () => {
  test.each([0.001, 0.015, 0.016, 0.017, 0.031, 0.032, 0.999, 1, 7.5, 1_000, 120_000, 3_600_000])(
    'tells %d ms within 3 %%',
    (ms) => {
      const { p50 } = of(ms, ms, ms, 3_600_000).percentiles();
      expect(Math.abs(p50 / ms - 1)).toBeLessThanOrEqual(1 / 32);
    },
  );

  test('has the percentiles of what was recorded, and its most and sum', () => {
    const durations = of(...Array.from({ length: 100 }, (_, i) => i + 1));
    const { count, p50, p90, p99, max, sumMs } = durations.percentiles();
    expect([count, max, sumMs]).toEqual([100, 100, 5_050]);
    expect([Math.abs(p50 / 50 - 1) < 0.04, Math.abs(p90 / 90 - 1) < 0.04, Math.abs(p99 / 99 - 1) < 0.04]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('counts nothing as nothing, and what is shorter or longer than it tells apart as that', () => {
    expect(new Durations().percentiles()).toMatchObject({ count: 0, p50: 0, max: 0, buckets: [] });
    expect(of(0, -1).percentiles()).toMatchObject({ count: 2, p50: 0.001, max: 0.001 });
    expect(of(1e12).percentiles().max).toBe(3_600_000);
  });

  test('adds others', () => {
    const total = of(1);
    total.add(new Durations());
    total.add(of(2, 4));
    expect(total.percentiles()).toEqual(of(1, 2, 4).percentiles());
  });
});
