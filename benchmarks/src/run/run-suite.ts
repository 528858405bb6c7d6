import type { SubjectResult, SuiteResult } from '../results.js';
import { type Random, shuffle } from '../stats/random.js';
import type { Timing } from './sample.js';
import type { SubjectSpec, Suite } from './subject.js';
import { SubjectProcess } from './subject-process.js';

export interface RunOptions {
  random: Random;
  /** Told before each step what comes. */
  onStep?: (what: string) => void;
  /**
   * One launch, half of the rounds and of the warm-up: to see that all works, not to compare.
   * @default false
   */
  quick?: boolean;
}

/**
 * Sampling one subject in one launch takes no longer, but for its first sample: a slow one must not
 * hold up the rest.
 */
const SUBJECT_BUDGET_MS = 1_500;

/** A running subject and where its samples go. */
interface Entry {
  elapsedMs: number;
  spec: SubjectSpec;
  result: SubjectResult;
  process: SubjectProcess;
  samples: number[];
}

/**
 * A suite on its way: each launch starts every subject in a process of its own, then samples all of
 * them in rounds, in a new random order each time.
 *
 * A subject that fails is left out from then on and its reason kept; the others go on.
 */
export class SuiteRun {
  /** How many launches it wants. */
  readonly launches: number;
  readonly suite: Suite;
  readonly #options: RunOptions;
  readonly #subjects: SubjectResult[];
  #durationMs = 0;

  constructor(suite: Suite, options: RunOptions) {
    this.suite = suite;
    this.launches = options.quick ? 1 : (suite.launches ?? 4);
    this.#options = options;
    this.#subjects = suite.subjects.map(({ name, series, x }): SubjectResult => ({
      name,
      samples: [],
      ...(series === undefined ? {} : { series }),
      ...(x === undefined ? {} : { x }),
    }));
  }

  /** Launches every subject once more. Resolves to how long that took. */
  async launch(): Promise<number> {
    const startMs = performance.now();
    const { subjectBudgetMs = SUBJECT_BUDGET_MS, rounds = 8 } = this.suite;
    const { random, quick = false } = this.#options;
    const entries: Entry[] = [];
    try {
      for (const [index, spec] of this.suite.subjects.entries()) {
        this.#options.onStep?.(`${this.suite.name}: opens ${spec.name}`);
        const entry = await openEntry(spec, this.#subjects[index] as SubjectResult, this.#timing());
        if (entry) entries.push(entry);
      }
      for (let round = 0; round < (quick ? Math.ceil(rounds / 2) : rounds); round++) {
        for (const entry of shuffle(entries, random)) {
          if (entry.elapsedMs > subjectBudgetMs || entry.result.error !== undefined) continue;
          this.#options.onStep?.(`${this.suite.name}: ${entry.spec.name}`);
          await takeSample(entry);
        }
      }
    } finally {
      await Promise.all(entries.map(({ process }) => process[Symbol.asyncDispose]()));
    }
    const elapsedMs = performance.now() - startMs;
    this.#durationMs += elapsedMs;
    return elapsedMs;
  }

  /** What has been measured up to now. */
  get result(): SuiteResult {
    const { name, title, unit, reference, axis, clock = 'wall' } = this.suite;
    return {
      name,
      title,
      unit,
      clock,
      ...(reference === undefined ? {} : { reference }),
      ...(axis === undefined ? {} : { axis }),
      durationMs: Math.round(this.#durationMs),
      subjects: this.#subjects,
    };
  }

  #timing(): Timing {
    const { warmUpMs = 400, sampleMs = 10, clock = 'wall' } = this.suite;
    return { warmUpMs: this.#options.quick ? warmUpMs / 2 : warmUpMs, sampleMs, clock };
  }
}

/** Runs a suite alone, all its launches in a row. */
export async function runSuite(suite: Suite, options: RunOptions): Promise<SuiteResult> {
  const run = new SuiteRun(suite, options);
  for (let launch = 0; launch < run.launches; launch++) await run.launch();
  return run.result;
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
  const start = performance.now();
  try {
    entry.samples.push(await entry.process.sample());
  } catch (error) {
    entry.result.error = reason(error);
  }
  entry.elapsedMs += performance.now() - start;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
