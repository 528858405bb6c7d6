import type { Results, SubjectResult, SuiteResult, Unit } from '../results.js';
import { type Grouped, type Interval, ratioOfMedians } from '../stats/bootstrap.js';
import { createRandom } from '../stats/random.js';

/**
 * What became of a subject.
 *
 * `worse` and `better`: the interval excludes no change, and the change passes the threshold. `unchanged`: smaller than the threshold.
 * `noise`: the samples allow a change beyond the threshold but do not show one.
 */
export type Verdict = 'worse' | 'better' | 'unchanged' | 'noise';

/** One subject of one suite in both runs. */
export interface Change {
  suite: string;
  subject: string;
  verdict: Verdict;
  /** Cost after divided by cost before, so that above 1 is always worse. */
  ratio: Interval;
  /** Whether both runs were first divided by their reference subject. */
  normalised: boolean;
}

/** Units where more is better. */
const RATES: ReadonlySet<Unit> = new Set(['calls/s']);
/** Below this, an interval of times says little; counts hardly vary. */
const MIN_SAMPLES: Record<Unit, number> = { ns: 6, bytes: 2, 'calls/s': 6, instructions: 1 };

/**
 * Compares two runs, subject by subject. Subjects that only one run has are left out.
 *
 * Where the suite has a reference, each sample is divided by the reference's sample of the same round, so that a slower machine is not taken for a slower program.
 *
 * @param threshold smallest change that counts: 0.1 is 10 %.
 */
export function compareResults(before: Results, after: Results, threshold: number): Change[] {
  const changes: Change[] = [];
  for (const suite of after.suites) {
    const old = before.suites.find(({ name, unit }) => name === suite.name && unit === suite.unit);
    if (!old) continue;
    for (const subject of suite.subjects) {
      if (subject.name === suite.reference) continue; // it runs none of our code
      const change = compareSubject(old, suite, subject, threshold);
      if (change) changes.push(change);
    }
  }
  return changes;
}

function compareSubject(
  old: SuiteResult,
  suite: SuiteResult,
  subject: SubjectResult,
  threshold: number,
): Change | undefined {
  const oldSubject = old.subjects.find(({ name }) => name === subject.name);
  if (!oldSubject) return undefined;
  const oldReference = findReference(old);
  const reference = findReference(suite);
  const normalised = oldReference !== undefined && reference !== undefined && old.reference === suite.reference;
  const before = normalised ? divide(oldSubject.samples, oldReference.samples) : filled(oldSubject.samples);
  const after = normalised ? divide(subject.samples, reference.samples) : filled(subject.samples);
  if (Math.min(before.flat().length, after.flat().length) < MIN_SAMPLES[suite.unit]) return undefined;

  // The same seed for all: two comparisons of the same files say the same.
  const random = createRandom(1);
  const ratio = RATES.has(suite.unit) ? ratioOfMedians(after, before, random) : ratioOfMedians(before, after, random);
  return { suite: suite.name, subject: subject.name, verdict: judge(ratio, threshold), ratio, normalised };
}

function judge({ value, low, high }: Interval, threshold: number): Verdict {
  const worst = 1 + threshold;
  const best = 1 / worst;
  if (value > worst && low > 1) return 'worse';
  if (value < best && high < 1) return 'better';
  return high > worst || low < best ? 'noise' : 'unchanged';
}

function findReference(suite: SuiteResult): SubjectResult | undefined {
  return suite.subjects.find(({ name, samples }) => name === suite.reference && samples.flat().length > 0);
}

function divide(samples: Grouped, reference: Grouped): number[][] {
  const groups = samples.map((group, launch) =>
    group.flatMap((sample, round) => {
      const divisor = reference[launch]?.[round];
      return divisor ? [sample / divisor] : [];
    }),
  );
  return filled(groups);
}

function filled(groups: Grouped): number[][] {
  return groups.filter((group) => group.length > 0).map((group) => Array.from(group));
}
