import { getPriority } from 'node:os';

import { isThenable } from '../run/is-thenable.js';
import type { OpenSubject, Subject } from '../run/subject.js';

/** Runs a subject a number of times; counted from outside by `countInstructions`. */

/**
 * Time that passes from one look at the clock to the next. About what a look and the work around it
 * take.
 */
const TICK_MS = 0.001;

const { module, open, input, warmUp, runs } = JSON.parse(process.argv[2] ?? '') as {
  module: string;
  open: string;
  input: unknown;
  warmUp: number;
  runs: number;
};
// The engine adapts how often it looks at the clock to how fast the guest runs, and under valgrind
// that changes with the machine's load.
let nowMs = 0;
performance.now = () => (nowMs += TICK_MS);
Date.now = () => Math.floor(performance.now());

const opened = (await import(module)) as Record<string, OpenSubject<unknown> | undefined>;
const subject = await opened[open]?.(input);
if (!subject?.run) throw new TypeError(`${module} has no "${open}" that can run`);
await repeat(subject, warmUp);
mark();
await repeat(subject, runs);
mark();
process.exit(); // closing is not part of a call

async function repeat({ run }: Subject, times: number): Promise<void> {
  for (let index = 0; index < times; index++) {
    const result = run?.();
    if (isThenable(result)) await result;
  }
}

/** Calls the native function at which the counter begins anew. */
function mark(): void {
  getPriority();
}
