import type { Results, SuiteResult } from '../results.js';
import { createRandom } from '../stats/random.js';
import { openLoopback } from './loopback.js';
import { describeMachine } from './machine.js';
import { createProgress } from './progress.js';
import { runSuite } from './run-suite.js';
import type { Suite } from './subject.js';

export interface RunSuitesOptions {
  versions: Record<string, string>;
  absent?: Results['absent'];
  quickness?: number;
  /** Told of each suite as soon as it is done. */
  onSuite?: (suite: SuiteResult, print: (line: string) => void) => void;
}

/** What every suite can use while it runs. */
export interface SuiteContext {
  /** A loopback HTTP server in the runner's process that answers any request with a small JSON document. */
  serverUrl: string;
}

/** Makes suites, once their context is there. */
export type CreateSuites = (context: SuiteContext) => readonly Suite[] | Promise<readonly Suite[]>;

/** Runs suites one after the other, with a progress line. */
export async function runSuites(createSuites: CreateSuites, options: RunSuitesOptions): Promise<Results> {
  const started = new Date();
  const seed = started.getTime() >>> 0;
  const random = createRandom(seed);
  await using server = await openLoopback();
  using progress = createProgress();

  const suites = await createSuites({ serverUrl: server.url });
  const results: SuiteResult[] = [];
  for (const [index, suite] of suites.entries()) {
    const suiteStartMs = performance.now();
    const result = await runSuite(suite, {
      random,
      quickness: options.quickness ?? 1,
      onProgress: (done, what) => progress.show((index + done) / suites.length, what),
    });
    result.durationMs = Math.round(performance.now() - suiteStartMs);
    results.push(result);
    options.onSuite?.(result, (line) => progress.print(line));
  }
  return {
    machine: describeMachine(),
    versions: { node: process.versions.node, v8: process.versions.v8, ...options.versions },
    startedAt: started.toISOString(),
    durationMs: Date.now() - started.getTime(),
    ...((options.quickness ?? 1) > 1 ? { quick: true } : {}),
    seed,
    suites: results,
    absent: options.absent ?? [],
  };
}
