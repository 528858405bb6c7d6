// The engine's thread, with a fault that strikes when its turn comes: after the calls of a batch have begun.
import { getEnvironmentData } from 'node:worker_threads';

import runTask from '@sandglass/worker/thread';

const { fault, countdown } = getEnvironmentData('sabotage') ?? {};

/** Whether it is this thread's turn. The countdown is shared by all threads. */
function isDue() {
  return Atomics.sub(countdown, 0, 1) === 1;
}

const UNREACHABLE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 97, 0, 0, 10, 5, 1, 3, 0, 0, 11,
]);

const FAULTS = {
  exit: () => process.exit(1),
  throw: () => {
    setImmediate(() => {
      throw new Error('sabotage');
    });
  },
  reject: () => void Promise.reject(new Error('sabotage')),
  abort: () => {
    const { a } = new WebAssembly.Instance(new WebAssembly.Module(UNREACHABLE)).exports;
    setImmediate(() => a());
  },
  memory: () => {
    const hoard = [];
    for (;;) hoard.push(new Array(2_000_000).fill(0.5)); // oxlint-disable-line unicorn/no-new-array -- allocated at once
  },
};

// Starts that fail, and a slow one, strike while the thread comes up.
if (fault === 'start' && Atomics.sub(countdown, 0, 1) > 0) throw new Error('sabotage of a start');
if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, 1_000));

export default function sabotaged(task) {
  const reply = runTask(task);
  if (task.type === 'batch' && fault in FAULTS && isDue()) return new Promise(() => setImmediate(FAULTS[fault]));
  return reply;
}
