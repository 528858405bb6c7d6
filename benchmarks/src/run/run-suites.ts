import type { Results, SuiteResult } from '../results.js';
import { createRandom } from '../stats/random.js';
import { openLoopback } from './loopback.js';
import { describeMachine } from './machine.js';
import { createProgress } from './progress.js';
import { SuiteRun } from './run-suite.js';
import type { Suite } from './subject.js';

export interface RunSuitesOptions {
  versions: Record<string, string>;
  absent?: Results['absent'];
  /** See {@link RunOptions}. @default false */
  quick?: boolean;
  /** No launch begins that would end later than this, but for each suite's first. */
  timeLimitMs: number;
  /** Suites that are measured in another way, after the others. */
  more?: () => Promise<SuiteResult[]>;
  /** Told of each suite when all are done. */
  onSuite?: (suite: SuiteResult, print: (line: string) => void) => void;
}

/** What every suite can use while it runs. */
export interface SuiteContext {
  /**
   * A loopback HTTP server in the runner's process that answers any request with a small JSON
   * document.
   */
  serverUrl: string;
}

/** Makes suites, once their context is there. */
export type CreateSuites = (context: SuiteContext) => readonly Suite[] | Promise<readonly Suite[]>;

/**
 * Runs suites in passes: each pass launches every suite once, so that the launches of a suite lie
 * minutes apart and what differs between them is what differs between two runs.
 */
export async function runSuites(createSuites: CreateSuites, options: RunSuitesOptions): Promise<Results> {
  const { quick = false, timeLimitMs } = options;
  const started = new Date();
  const seed = started.getTime() >>> 0;
  const random = createRandom(seed);
  await using server = await openLoopback();
  using progress = createProgress();

  const suites = await createSuites({ serverUrl: server.url });
  let done = 0;
  const onStep = (what: string): void => progress.show(done / launches, what);
  const runs = suites.map((suite) => new SuiteRun(suite, { random, quick, onStep }));
  const launches = runs.reduce((sum, run) => sum + run.launches, 0);
  const launchMs: number[] = [];
  for (let pass = 0; done < launches; pass++) {
    for (const [index, run] of runs.entries()) {
      if (pass >= run.launches) continue;
      const endMs = Date.now() - started.getTime() + (launchMs[index] ?? 0);
      if (pass === 0 || endMs < timeLimitMs) {
        launchMs[index] = await run.launch();
        progress.note(`${run.suite.name}, launch ${pass + 1} of ${run.launches}: ${seconds(launchMs[index])}`);
      }
      done++;
    }
  }

  const results = [...runs.map((run) => run.result), ...((await options.more?.()) ?? [])];
  for (const result of results) options.onSuite?.(result, (line) => progress.print(line));
  return {
    machine: describeMachine(),
    versions: { node: process.versions.node, v8: process.versions.v8, ...options.versions },
    startedAt: started.toISOString(),
    durationMs: Date.now() - started.getTime(),
    ...(quick ? { quick } : {}),
    seed,
    suites: results,
    absent: options.absent ?? [],
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
