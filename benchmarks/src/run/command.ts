import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';

import { toTable } from '../draw/table.js';
import type { Results } from '../results.js';
import type { Suite } from './subject.js';
import { type CreateSuites, runSuites } from './run-suites.js';

/** What the command line of a benchmark run asks for. */
export interface RunCommand {
  /** File of results. */
  out: string;
  only: RegExp;
  quickness: number;
}

/** A quarter of the rounds and of the warm-up: enough to see that all works, not to compare. */
const QUICKNESS = 4;

/**
 * Parses `[--out file] [--only pattern] [--quick]`.
 *
 * @throws {TypeError} for anything else.
 */
export function parseRunCommand(args: string[], defaultOut: string): RunCommand {
  const { values } = parseArgs({
    args,
    options: {
      out: { type: 'string', default: defaultOut },
      only: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
    },
  });
  return { out: values.out, only: new RegExp(values.only), quickness: values.quick ? QUICKNESS : 1 };
}

/** Runs the suites that the command line asks for, prints each table, writes the file. */
export async function runCommand(
  command: RunCommand,
  createSuites: CreateSuites,
  meta: Pick<Results, 'versions' | 'absent'>,
): Promise<void> {
  const chosen = (suites: readonly Suite[]): Suite[] => suites.filter(({ name }) => command.only.test(name));
  const results = await runSuites(async (context) => chosen(await createSuites(context)), {
    ...meta,
    quickness: command.quickness,
    onSuite: (suite, print) => print(`${toTable(suite)}\n`),
  });
  await writeRun(command.out, results);
}

/** Writes a file of results and says so. */
export async function writeRun(path: string, results: Results): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(results)}\n`);
  for (const { name, reason } of results.absent) console.error(`${name} did not take part: ${reason}`);
  console.error(`Took ${Math.round(results.durationMs / 1000)} s, written to ${path}`);
}
