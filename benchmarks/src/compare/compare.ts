import {
  findReference,
  isReference,
  type Results,
  type SubjectResult,
  type SuiteResult,
  type Unit,
} from '../results.js';
import { type Interval, type Launch, ratioOfLaunches } from '../stats/bootstrap.js';
import { createRandom } from '../stats/random.js';
import { combine, judge, type Verdict } from './verdict.js';

/** One subject of one suite in both runs. */
export interface Change {
  suite: string;
  subject: string;
  verdict: Verdict;
  /**
   * Cost after divided by cost before, so that above 1 is always worse. Of the two ways of
   * comparing, the one that shows less.
   */
  ratio: Interval;
  /**
   * Whether what the machine did in between has been divided out: by a reference, or because both
   * were sampled in turn.
   */
  normalised: boolean;
}

interface Circumstances {
  threshold: number;
  sameMachine: boolean;
  sameRun: boolean;
}

/** Units where more is better. */
const RATES: ReadonlySet<Unit> = new Set(['calls/s']);
/** The units that are times. */
const TIMED: ReadonlySet<Unit> = new Set(['calls/s', 'ns']);
/** Below this, an interval of times says little; counts hardly vary. */
const MIN_SAMPLES: Record<Unit, number> = { ns: 6, bytes: 2, 'calls/s': 6, instructions: 1 };
/**
 * The quantile of its samples that stands for a launch. What else happens on a machine only ever
 * makes a sample worse: over seven processes each of four programs on a busy machine the best tenth
 * spread by 7 to 32 %, the median by 6 to 71 %.
 */
const BEST_TENTH = 0.1;
/**
 * Times by the clock on the wall have waits, threads and whole processes in them: so many times the
 * threshold has to be passed.
 */
const WALL_CLOCK_FACTOR = 2;
/** Counts of one program agree within 0.1 %. */
const COUNT_THRESHOLD = 0.02;

/**
 * Compares two runs, subject by subject. Subjects that only one run has are left out.
 *
 * Where the suite has a reference, a change has to show twice: in the figures as they are, and
 * divided by the reference's of the same launch. The first alone could be a slower machine, the
 * second alone a reference whose process was lucky. Runs on different machines are compared by the
 * second alone. Two programs that were sampled in turn in one run, so that both files have its
 * start and its seed, are compared launch by launch.
 *
 * @param threshold smallest change that counts: 0.1 is 10 %.
 */
export function compareResults(before: Results, after: Results, threshold: number): Change[] {
  const sameMachine = JSON.stringify(before.machine) === JSON.stringify(after.machine);
  const sameRun = before.startedAt !== undefined && before.startedAt === after.startedAt && before.seed === after.seed;
  const changes: Change[] = [];
  for (const suite of after.suites) {
    const old = before.suites.find(({ name, unit }) => name === suite.name && unit === suite.unit);
    if (!old) continue;
    const options = { threshold: toThreshold(suite, threshold), sameMachine, sameRun };
    for (const subject of suite.subjects) {
      if (isReference(suite, subject)) continue; // it runs none of our code
      const change = compareSubject(old, suite, subject, options);
      if (change) changes.push(change);
    }
  }
  return changes;
}

function compareSubject(
  old: SuiteResult,
  suite: SuiteResult,
  subject: SubjectResult,
  { threshold, sameMachine, sameRun }: Circumstances,
): Change | undefined {
  const oldSubject = old.subjects.find(({ name }) => name === subject.name);
  if (!oldSubject) return undefined;
  const [before, after] = [toLaunches(oldSubject), toLaunches(subject)];
  if (Math.min(count(before), count(after)) < MIN_SAMPLES[suite.unit]) return undefined;

  if (sameRun) {
    const ratio = comparePairs(before, after, suite.unit);
    return { suite: suite.name, subject: subject.name, verdict: judge(ratio, threshold), ratio, normalised: true };
  }
  const sameReference = old.reference === suite.reference;
  const [beforeByReference, afterByReference] = [
    toLaunches(oldSubject, sameReference ? findReference(old, oldSubject) : undefined),
    toLaunches(subject, findReference(suite, subject)),
  ];
  const normalised = [...beforeByReference, ...afterByReference].every(({ reference }) => reference !== undefined);
  const plain = compareLaunches(before, after, suite.unit);
  const relative = normalised ? compareLaunches(beforeByReference, afterByReference, suite.unit) : plain;
  const ways = sameMachine ? [plain, relative] : [relative];
  const verdict = combine(ways.map((ratio) => judge(ratio, threshold)));
  const [ratio = relative] = ways.toSorted((a, b) => Math.abs(Math.log(a.value)) - Math.abs(Math.log(b.value)));
  return { suite: suite.name, subject: subject.name, verdict, ratio, normalised };
}

/** Each launch is divided by the one beside it. */
function comparePairs(before: readonly Launch[], after: readonly Launch[], unit: Unit): Interval {
  const pairs = after.flatMap(({ samples }, launch) => {
    const reference = before[launch]?.samples;
    return reference ? [{ samples, reference }] : [];
  });
  return compareLaunches([{ samples: [1] }], pairs, unit);
}

function compareLaunches(before: readonly Launch[], after: readonly Launch[], unit: Unit): Interval {
  // The same seed for all: two comparisons of the same files say the same.
  const random = createRandom(1);
  return RATES.has(unit)
    ? ratioOfLaunches(after, before, { random, at: 1 - BEST_TENTH })
    : ratioOfLaunches(before, after, { random, at: BEST_TENTH });
}

function toThreshold({ unit, clock = 'wall' }: SuiteResult, threshold: number): number {
  if (unit === 'instructions') return Math.min(threshold, COUNT_THRESHOLD);
  return TIMED.has(unit) && clock === 'wall' ? threshold * WALL_CLOCK_FACTOR : threshold;
}

/**
 * The launches of a subject that took samples, each with its reference's launch if that did so too.
 */
function toLaunches(subject: SubjectResult, reference?: SubjectResult): Launch[] {
  return subject.samples.flatMap((samples, launch): Launch[] => {
    const divisors = reference?.samples[launch] ?? [];
    if (samples.length === 0) return [];
    return [divisors.length > 0 ? { samples, reference: divisors } : { samples }];
  });
}

function count(launches: readonly Launch[]): number {
  return launches.reduce((sum, { samples }) => sum + samples.length, 0);
}
