import { median, quantile } from './quantile.js';
import type { Random } from './random.js';

/** An estimate with the interval that holds the true value with the given confidence. */
export interface Interval {
  value: number;
  low: number;
  high: number;
}

/** Samples grouped by launch: those of one launch resemble each other more than those of another. */
export type Grouped = readonly (readonly number[])[];

// 1,000: the interval's ends move by less than 1 % of its width above it.
const RESAMPLES = 1_000;

/**
 * Ratio of the medians of two grouped samples, `after / before`, with a bootstrap interval.
 *
 * Launches are drawn first and samples inside them second, so that a difference between two processes of the same program is not taken for a change of the program.
 *
 * @param confidence 0 to 1. @default 0.99: a run makes some hundred comparisons
 */
export function ratioOfMedians(before: Grouped, after: Grouped, random: Random, confidence = 0.99): Interval {
  const ratios = Array.from(
    { length: RESAMPLES },
    () => centre(resample(after, random)) / centre(resample(before, random)),
  );
  const tail = (1 - confidence) / 2;
  return { value: centre(after) / centre(before), low: quantile(ratios, tail), high: quantile(ratios, 1 - tail) };
}

/** Median of the launches' medians: one odd process of three does not move it. */
export function centre(groups: Grouped): number {
  return median(groups.map((group) => median(group)));
}

function resample(groups: Grouped, random: Random): Grouped {
  return groups.map(() => {
    const group = pick(groups, random);
    return group.map(() => pick(group, random));
  });
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)] as T; // the index is inside
}
