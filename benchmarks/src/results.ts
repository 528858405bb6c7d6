import { readFile } from 'node:fs/promises';

/** The unit of a sample. Times are per operation, in nanoseconds. */
export type Unit = 'ns' | 'bytes' | 'calls/s' | 'instructions';

/** The samples of one subject in one suite. */
export interface SubjectResult {
  name: string;
  /**
   * One list for each launch of the subject's process; sample `i` of all subjects was taken in the
   * same round.
   */
  samples: number[][];
  /** Curve that this subject is a point of, and where on the axis it lies. */
  series?: string;
  x?: number;
  /** Why there are no samples, or fewer. */
  error?: string;
}

/** One suite: subjects that were sampled in turn, so that noise hits all alike. */
export interface SuiteResult {
  name: string;
  title: string;
  unit: Unit;
  /** What times were taken with: processor time, or the clock on the wall. @default 'wall' */
  clock?: 'wall' | 'cpu';
  /**
   * Subject that the others are compared with, or a series whose points are compared with the
   * others at the same x. It runs none of Sandglass' code.
   */
  reference?: string;
  /** What `x` counts, for a scale curve. */
  axis?: string;
  /** How long it took. */
  durationMs?: number;
  subjects: SubjectResult[];
}

/** A whole run, as it is kept on disk. */
export interface Results {
  machine: { cpu: string; cores: number; memoryBytes: number; platform: string };
  /** Node and every package that took part. */
  versions: Record<string, string>;
  /** ISO 8601. */
  startedAt: string;
  durationMs: number;
  /** One launch with half of the samples: nothing to compare with. */
  quick?: boolean;
  /** Seed of the order in which subjects were sampled. */
  seed: number;
  suites: SuiteResult[];
  /** Subjects that could not be installed or run on this machine, with the reason. */
  absent: { name: string; reason: string }[];
}

/** Whether a subject is what the others of its suite are compared with. */
export function isReference({ reference }: SuiteResult, { name, series }: SubjectResult): boolean {
  return reference !== undefined && (name === reference || series === reference);
}

/** What a subject is compared with, if that has been measured. */
export function findReference(suite: SuiteResult, { x }: SubjectResult): SubjectResult | undefined {
  return suite.subjects.find(
    (other) =>
      isReference(suite, other) && (other.name === suite.reference || other.x === x) && other.samples.flat().length > 0,
  );
}

/** Reads a file of results. */
export async function readResults(path: string): Promise<Results> {
  const value: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (typeof value === 'object' && value !== null && 'suites' in value && Array.isArray(value.suites)) {
    return value as Results; // written by `bench` itself
  }
  throw new TypeError(`Cannot read "${path}": not a file of benchmark results`);
}
