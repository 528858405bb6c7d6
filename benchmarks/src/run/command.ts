import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { dirname } from 'node:path';

import { toVersions } from '../draw/report.js';
import { toTable } from '../draw/table.js';
import type { Results } from '../results.js';
import type { Suite } from './subject.js';
import { parseOrExit } from './parse-or-exit.js';
import { type CreateSuites, runSuites, type RunSuitesOptions } from './run-suites.js';

/** The options of a benchmark run. */
export interface RunCommand {
  /** File of results. */
  out: string;
  only: RegExp;
  quick: boolean;
}

/** Parses `[--out file] [--only pattern] [--quick]`; ends the process for anything else. */
export function parseRunCommand(args: string[], defaultOut: string): RunCommand {
  const usage = `Options:
  --only <pattern>  regular expression: only suites whose name matches it
  --quick           a short run, to see that everything works; its figures mean nothing
  --out <file>      file of results, ${defaultOut} by default`;
  const options = {
    out: { type: 'string', default: defaultOut },
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
  } as const;
  return parseOrExit(usage, { args, options }, ({ values: { out, only, quick } }) => ({
    out,
    only: new RegExp(only),
    quick,
  }));
}

/** Runs the suites that the command line asks for, prints each table, writes the file. */
export async function runCommand(
  command: RunCommand,
  createSuites: CreateSuites,
  options: Pick<RunSuitesOptions, 'versions' | 'absent' | 'timeLimitMs' | 'more'>,
): Promise<void> {
  warnIfBusy();
  console.error(toVersions(options.versions));
  const chosen = (suites: readonly Suite[]): Suite[] => suites.filter(({ name }) => command.only.test(name));
  const results = await runSuites(async (context) => chosen(await createSuites(context)), {
    ...options,
    quick: command.quick,
    onSuite: (suite, print) => print(`${toTable(suite)}\n`),
  });
  await writeRun(command.out, results);
}

/** Says so when other programs use the machine. */
function warnIfBusy(): void {
  const [lastMinute = 0] = loadavg();
  const cores = availableParallelism();
  if (lastMinute > cores / 4) {
    console.error(`The machine is busy (load ${lastMinute.toFixed(1)} on ${cores} cores): expect figures that are off`);
  }
}

/** Writes a file of results and says so. */
export async function writeRun(path: string, results: Results): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(results)}\n`);
  for (const { name, reason } of results.absent) console.error(`${name} did not take part: ${reason}`);
  console.error(`Took ${duration(results.durationMs)}; longest: ${longestSuites(results)}`);
  console.error(`Written to ${path}`);
}

function longestSuites({ suites }: Results): string {
  const longest = suites.toSorted((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0)).slice(0, 3);
  return longest.map(({ name, durationMs = 0 }) => `${name} ${duration(durationMs)}`).join(', ');
}

/** Minutes and seconds: `3:07`. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
