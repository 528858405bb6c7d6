import type { SubjectResult, SuiteResult } from '../results.js';
import { type Random, shuffle } from '../stats/random.js';
import type { Timing } from './sample.js';
import type { SubjectSpec, Suite } from './subject.js';
import { SubjectProcess } from './subject-process.js';

export interface RunOptions {
  random: Random;
  /** Told after each step; `done` goes from 0 to 1. */
  onProgress?: (done: number, what: string) => void;
  /** Divides the rounds, for a quick look. @default 1 */
  quickness?: number;
}

/** Once a launch of a subject has sampled for this long, three samples are enough: one slow subject must not hold up the rest. */
const LAUNCH_BUDGET_MS = 4_000;
const MIN_ROUNDS = 3;

/** A running subject and where its samples go. */
interface Entry {
  elapsedMs: number;
  spec: SubjectSpec;
  result: SubjectResult;
  process: SubjectProcess;
  samples: number[];
}

/**
 * Runs a suite: each launch starts every subject in a process of its own, then samples all of them in rounds, in a new random order each time.
 *
 * A subject that fails is left out from then on and its reason kept; the others go on.
 */
export async function runSuite(suite: Suite, options: RunOptions): Promise<SuiteResult> {
  const { launches = 3, warmUpMs = 250, sampleMs = 10, clock = 'wall' } = suite;
  const quickness = options.quickness ?? 1;
  const rounds = Math.max(2, Math.round((suite.rounds ?? 12) / quickness));
  const specs = suite.subjects;
  const results = specs.map(({ name, series, x }): SubjectResult => ({
    name,
    samples: [],
    ...(series === undefined ? {} : { series }),
    ...(x === undefined ? {} : { x }),
  }));

  const steps = launches * specs.length * (1 + rounds);
  let step = 0;
  const progress = (what: string): void => options.onProgress?.(++step / steps, `${suite.name}: ${what}`);

  for (let launch = 0; launch < launches; launch++) {
    const entries: Entry[] = [];
    try {
      for (const [index, spec] of specs.entries()) {
        progress(`opens ${spec.name}`);
        const entry = await openEntry(spec, results[index] as SubjectResult, {
          warmUpMs: warmUpMs / quickness,
          sampleMs,
          clock,
        });
        if (entry) entries.push(entry);
      }
      for (let round = 0; round < rounds; round++) {
        for (const entry of shuffle(entries, options.random)) {
          progress(entry.spec.name);
          await takeSample(entry);
        }
      }
    } finally {
      await Promise.all(entries.map(({ process }) => process[Symbol.asyncDispose]()));
    }
  }

  const { name, title, unit, reference, axis } = suite;
  return {
    name,
    title,
    unit,
    ...(reference === undefined ? {} : { reference }),
    ...(axis === undefined ? {} : { axis }),
    subjects: results,
  };
}

async function openEntry(spec: SubjectSpec, result: SubjectResult, timing: Timing): Promise<Entry | undefined> {
  if (result.error !== undefined) return undefined;
  try {
    const process = await SubjectProcess.open(spec, timing);
    const samples: number[] = [];
    result.samples.push(samples);
    return { spec, result, process, samples, elapsedMs: 0 };
  } catch (error) {
    result.error = reason(error);
    return undefined;
  }
}

async function takeSample(entry: Entry): Promise<void> {
  if (entry.result.error !== undefined) return;
  if (entry.samples.length >= MIN_ROUNDS && entry.elapsedMs > LAUNCH_BUDGET_MS) return;
  const start = performance.now();
  try {
    entry.samples.push(await entry.process.sample());
    entry.elapsedMs += performance.now() - start;
  } catch (error) {
    entry.result.error = reason(error);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
