import { openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Runs something and measures the longest time between two turns of the event loop meanwhile, in
 * nanoseconds.
 *
 * Where the system tells it (Linux), it is the time that this thread was on a processor: other
 * programs then change the figure little.
 */
export async function longestBlock(run: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let isOver = false;
  let last = clock();
  const turn = (): void => {
    const now = clock();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  turn();
  await nextTurn();
  longest = 0;
  try {
    await run();
  } finally {
    await nextTurn(); // the block that ended it
    isOver = true;
  }
  return longest;
}

/** Of the first thread: nanoseconds it ran, nanoseconds it waited to run, how often. */
const schedstat = open('/proc/self/schedstat');
const buffer = Buffer.alloc(128);

function open(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

function clock(): number {
  if (schedstat === undefined) return performance.now() * 1e6;
  const text = buffer.toString('latin1', 0, readSync(schedstat, buffer, 0, buffer.length, 0));
  return Number.parseInt(text, 10);
}
