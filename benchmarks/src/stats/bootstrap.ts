import { median, quantile } from './quantile.js';
import type { Random } from './random.js';

/** An estimate with the interval that holds the true value with the given confidence. */
export interface Interval {
  value: number;
  low: number;
  high: number;
}

/**
 * Samples grouped by launch: those of one launch resemble each other more than those of another.
 */
export type Grouped = readonly (readonly number[])[];

/**
 * Samples of one launch, and those of the reference that were taken at the same time, if they are
 * to be divided by them.
 */
export interface Launch {
  samples: readonly number[];
  reference?: readonly number[];
}

export interface RatioOptions {
  random: Random;
  /** Which quantile of its samples stands for a launch. @default 0.5 */
  at?: number;
  /** 0 to 1. @default 0.99: a run makes some hundred comparisons */
  confidence?: number;
}

// 1,000: the interval's ends move by less than 1 % of its width above it.
const RESAMPLES = 1_000;

/**
 * Ratio of what two groups of launches cost, `after / before`, with a bootstrap interval.
 *
 * Launches are drawn first and samples inside them second, so that a difference between two
 * processes of the same program is not taken for a change of the program.
 */
export function ratioOfLaunches(
  before: readonly Launch[],
  after: readonly Launch[],
  { random, at = 0.5, confidence = 0.99 }: RatioOptions,
): Interval {
  const ratios = Array.from(
    { length: RESAMPLES },
    () => typical(resample(after, random), at) / typical(resample(before, random), at),
  );
  const tail = (1 - confidence) / 2;
  const value = typical(after, at) / typical(before, at);
  return { value, low: quantile(ratios, tail), high: quantile(ratios, 1 - tail) };
}

/** Median of the launches' medians: one odd process of three does not move it. */
export function centre(groups: Grouped): number {
  return typical(
    groups.map((samples) => ({ samples })),
    0.5,
  );
}

function typical(launches: readonly Launch[], at: number): number {
  return median(
    launches.map(({ samples, reference }) => quantile(samples, at) / (reference ? quantile(reference, at) : 1)),
  );
}

function resample(launches: readonly Launch[], random: Random): Launch[] {
  const redraw = (samples: readonly number[]): number[] => samples.map(() => pick(samples, random));
  return launches.map(() => {
    const { samples, reference } = pick(launches, random);
    return { samples: redraw(samples), ...(reference ? { reference: redraw(reference) } : {}) };
  });
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)] as T; // the index is inside
}
