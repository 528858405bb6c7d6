import type { Interval } from '../stats/bootstrap.js';

/**
 * What became of a subject.
 *
 * `worse` and `better`: the change passes the threshold, and its whole interval lies beyond half of
 * it. `unchanged`: the interval lies within the threshold. `noise`: the samples allow a change
 * beyond the threshold but do not show one.
 */
export type Verdict = 'worse' | 'better' | 'unchanged' | 'noise';

/**
 * The verdict on a ratio of costs, after to before. @param threshold smallest change that counts:
 * 0.1 is 10 %
 */
export function judge({ value, low, high }: Interval, threshold: number): Verdict {
  const [worst, half] = [1 + threshold, 1 + threshold / 2];
  if (value > worst && low > half) return 'worse';
  if (value < 1 / worst && high < 1 / half) return 'better';
  return high > worst || low < 1 / worst ? 'noise' : 'unchanged';
}

/**
 * The verdict that all ways of comparing bear: a change only if every one shows it, and none at all
 * if one of them excludes it.
 */
export function combine(verdicts: readonly Verdict[]): Verdict {
  const [first = 'noise'] = verdicts;
  if (verdicts.every((verdict) => verdict === first)) return first;
  return verdicts.includes('unchanged') ? 'unchanged' : 'noise';
}
