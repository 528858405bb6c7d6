import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { SubjectSpec } from '../run/subject.js';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('../../dist/instructions/program.js', import.meta.url));
const TIMEOUT_MS = 10 * 60_000;

/**
 * What makes V8 do the same work each time: no helper threads, fixed seeds, generations so large
 * that collections are rare, and no optimising compilers, which would go on replacing code while it
 * is counted.
 *
 * No incremental marking: its steps are as long as the clock says, so that beside other work their
 * share, a tenth of all instructions, differed by up to 3 % of the whole. Without it two counts
 * beside other work differ by less than 0.01 %.
 */
const NODE_FLAGS = [
  '--single-threaded',
  '--predictable',
  '--hash-seed=1',
  '--random-seed=1',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
  '--initial-old-space-size=1024',
  '--no-incremental-marking',
  '--no-memory-reducer',
  '--no-opt',
  '--no-maglev',
  '--always-sparkplug',
  '--no-wasm-tier-up',
  '--no-wasm-dynamic-tiering',
];

/**
 * A native function that the program calls before and after what is counted, and that nothing else
 * calls.
 */
const MARK = 'uv_os_getpriority';

/**
 * glibc copies large blocks with one instruction that valgrind counts once per byte; without it a
 * copy counts by its vectors.
 */
const GLIBC_TUNABLES = ['x86_rep_movsb_threshold', 'x86_rep_stosb_threshold']
  .map((name) => `glibc.cpu.${name}=1073741824`)
  .join(':');

/**
 * 400: what happens every so many calls only, as asking for random seeds, then weighs the same in
 * each process.
 */
const PLAN = { warmUp: 300, runs: 400 };

/** Whether this machine can count: valgrind runs on Linux and some others, not on Windows. */
export async function canCount(): Promise<boolean> {
  return run('valgrind', ['--version']).then(
    () => true,
    () => false,
  );
}

/**
 * Instance instructions of one run of a subject, WebAssembly and whatever V8 generates included.
 *
 * Start, loading and warm-up come before the first mark and are not counted.
 */
export async function countInstructions({ module, open, input }: SubjectSpec): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-count-'));
  const out = join(folder, 'out');
  try {
    const tool = [
      '--tool=callgrind',
      `--callgrind-out-file=${out}`,
      `--dump-before=${MARK}`,
      '--smc-check=all-non-file',
    ];
    const job = JSON.stringify({ module, open, input, ...PLAN });
    await run('valgrind', [...tool, process.execPath, ...NODE_FLAGS, PROGRAM, job], {
      timeout: TIMEOUT_MS,
      env: { ...process.env, GLIBC_TUNABLES },
    });
    // The first dump is everything before the first mark.
    return parseCount(await readFile(`${out}.2`, 'utf8')) / PLAN.runs;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Reads the total from a dump of callgrind. */
export function parseCount(dump: string): number {
  const match = /^(?:summary|totals): (\d+)/m.exec(dump);
  if (!match?.[1]) throw new Error(`Cannot read callgrind's dump: ${dump.slice(0, 200)}`);
  return Number(match[1]);
}
