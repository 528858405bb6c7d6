import { describe, expect, test } from 'vitest';

import { centre, ratioOfLaunches } from './bootstrap.js';
import { fitPower } from './fit.js';
import { median, quantile } from './quantile.js';
import { createRandom, shuffle } from './random.js';

const LAUNCHES = [
  [10, 11, 12],
  [10, 10, 11],
  [11, 12, 12],
].map((samples) => ({ samples }));
const DOUBLED = LAUNCHES.map(({ samples }) => ({ samples: samples.map((sample) => sample * 2) }));

describe('statistics', () => {
  test.each([
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 2, 3], 0.5, 2.5],
    [[10, 20], 0.25, 12.5],
    [[7], 0.99, 7],
    [[1, 2, 3], 0, 1],
    [[1, 2, 3], 1, 3],
  ])('quantile(%j, %f) is %f', (values, at, expected) => {
    expect(quantile(values, at)).toBe(expected);
  });

  test('the median of nothing is NaN', () => {
    expect(median([])).toBeNaN();
  });

  test.each([0, 0.5, 1, 2])('fitPower finds the exponent %f', (exponent) => {
    const fit = fitPower([1, 10, 100, 1000].map((x) => ({ x, y: 3 * x ** exponent })));
    expect(fit?.exponent).toBeCloseTo(exponent, 10);
    expect(fit?.factor).toBeCloseTo(3, 10);
    expect(fit?.r2).toBeCloseTo(1, 10);
  });

  test('fitPower refuses a single x', () => {
    expect(
      fitPower([
        { x: 2, y: 1 },
        { x: 2, y: 3 },
      ]),
    ).toBeUndefined();
  });

  test('one odd launch of three does not move the centre', () => {
    expect(
      centre([
        [1, 1, 1],
        [1, 1, 1],
        [9, 9, 9],
      ]),
    ).toBe(1);
  });

  test('the interval of a ratio holds the ratio and repeats for a seed', () => {
    const interval = ratioOfLaunches(LAUNCHES, DOUBLED, { random: createRandom(1) });
    expect(interval.value).toBe(2);
    expect(interval.low).toBeLessThan(2);
    expect(interval.high).toBeGreaterThan(2);
    expect(ratioOfLaunches(LAUNCHES, DOUBLED, { random: createRandom(1) })).toEqual(interval);
  });

  test('a launch is divided by its reference', () => {
    const relative = DOUBLED.map(({ samples }, launch) => ({
      samples,
      reference: samples.map((sample) => sample * (launch + 1)),
    }));
    const alike = LAUNCHES.map(({ samples }) => ({ samples, reference: samples }));
    expect(ratioOfLaunches(alike, relative, { random: createRandom(1) }).value).toBe(0.5);
  });

  test('a low quantile is not moved by what disturbs half of the samples', () => {
    const disturbed = LAUNCHES.map(({ samples }) => ({ samples: [...samples, 30, 40, 50] }));
    const at = { random: createRandom(1), at: 0 };
    expect(ratioOfLaunches(LAUNCHES, disturbed, at).value).toBe(1);
  });

  test('shuffle keeps every item and depends on the seed alone', () => {
    const items = Array.from({ length: 20 }, (_, index) => index);
    const shuffled = shuffle(items, createRandom(5));
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
    expect(shuffle(items, createRandom(5))).toEqual(shuffled);
  });
});
