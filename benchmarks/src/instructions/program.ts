import type { OpenSubject } from '../run/subject.js';

/** Runs a subject a number of times; counted from outside by `countInstructions`. */

const { module, open, input, runs } = JSON.parse(process.argv[2] ?? '') as {
  module: string;
  open: string;
  input: unknown;
  runs: number;
};
const opened = (await import(module)) as Record<string, OpenSubject<unknown> | undefined>;
const subject = await opened[open]?.(input);
if (!subject?.run) throw new TypeError(`${module} has no "${open}" that can run`);
for (let index = 0; index < runs; index++) {
  const result = subject.run();
  if (result instanceof Promise) await result;
}
process.exit(); // closing is not part of a call
