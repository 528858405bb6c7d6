import { describe, expect, test } from 'vitest';

import { findGrowth } from './find-growth.mjs';

const FLAT = { 'rss MiB': 200, 'heap MiB': 30, handles: 10, timers: 2 };

/** Forty samples, each as the function changes the flat one. */
const run = (change: (index: number) => Partial<typeof FLAT>): (typeof FLAT)[] =>
  Array.from({ length: 40 }, (_, index) => ({ ...FLAT, ...change(index) }));

describe('findGrowth', () => {
  test('what is flat after its warm-up is sound, a single peak included', () => {
    expect(findGrowth(run((index) => ({ 'rss MiB': index < 10 ? 100 + index * 10 : 200 })))).toEqual([]);
    expect(findGrowth(run((index) => (index === 35 ? { 'rss MiB': 400, timers: 9 } : {})))).toEqual([]);
  });

  test.each([
    ['rss MiB', (index: number) => ({ 'rss MiB': 200 + index * 2 })],
    ['heap MiB', (index: number) => ({ 'heap MiB': 30 + index })],
    ['handles', (index: number) => ({ handles: 10 + index })],
    ['timers', (index: number) => ({ timers: 2 + Math.floor(index / 4) })],
  ])('a leak of %s is found', (name, change) => {
    expect(findGrowth(run(change))).toEqual([expect.stringMatching(`^${name} grew from `)]);
  });
});
