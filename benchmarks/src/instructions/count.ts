import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { SubjectSpec } from '../run/subject.js';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('../../dist/instructions/program.js', import.meta.url));
const TIMEOUT_MS = 5 * 60_000;

/**
 * What makes V8 do the same work each time: no helper threads, fixed seeds, and a young generation so large that collections are rare.
 * The optimising compilers stay on: measured without them the count is five times as high and says little about real calls.
 */
const NODE_FLAGS = [
  '--single-threaded',
  '--predictable',
  '--hash-seed=1',
  '--random-seed=1',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
];

/** Runs in the shorter and in the longer process. By the first, V8 has optimised what it is going to optimise. */
const SHORT = 1_000;
const LONG = 2_000;

/** Whether this machine can count: valgrind runs on Linux and some others, not on Windows. */
export async function canCount(): Promise<boolean> {
  return run('valgrind', ['--version']).then(
    () => true,
    () => false,
  );
}

/**
 * Machine instructions of one run of a subject, JIT-compiled code and WebAssembly included.
 *
 * The difference of two processes cancels the start, loading and warm-up that both have.
 */
export async function countInstructions(spec: SubjectSpec): Promise<number> {
  const short = await countProcess(spec, SHORT);
  const long = await countProcess(spec, LONG);
  return (long - short) / (LONG - SHORT);
}

async function countProcess({ module, open, input }: SubjectSpec, runs: number): Promise<number> {
  const tool = ['--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null', '--smc-check=all-non-file'];
  const job = JSON.stringify({ module, open, input, runs });
  const { stderr } = await run('valgrind', [...tool, process.execPath, ...NODE_FLAGS, PROGRAM, job], {
    timeout: TIMEOUT_MS,
  });
  return parseCount(stderr);
}

/** Reads the total from valgrind's report. */
export function parseCount(report: string): number {
  const match = /^==\d+== I\s+refs:\s+([\d,]+)$/m.exec(report);
  if (!match?.[1]) throw new Error(`Cannot read valgrind's report: ${report.slice(-200)}`);
  return Number(match[1].replaceAll(',', ''));
}
