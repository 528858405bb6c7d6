// The engine's thread, with a fault that strikes when it is due: after the calls of a batch
// have begun.
import { getEnvironmentData } from 'node:worker_threads';

import { serve } from '@sandglass/worker/thread';
import { createEngine } from '@sandglass/worker';

const { fault, countdown } = getEnvironmentData('sabotage') ?? {};

/** Whether the fault is due in this thread. The countdown is shared by all threads. */
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
  hang: () => {
    for (;;);
  },
  memory: () => {
    const hoard = [];
    for (;;) hoard.push(new Array(2_000_000).fill(0.5)); // oxlint-disable-line unicorn/no-new-array -- allocated at once
  },
};

// Starts that fail, and a slow one, strike while the thread comes up.
if (fault === 'start' && Atomics.sub(countdown, 0, 1) > 0) throw new Error('sabotage of a start');
if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, 5_000));

export default function sabotaged(task) {
  return serve(task, async (options) => {
    const engine = await createEngine(options);
    return {
      load: (...args) => engine.load(...args),
      prefetch: (...args) => engine.prefetch(...args),
      install: (...args) => engine.install(...args),
      settle: (...args) => engine.settle(...args),
      abort: (...args) => engine.abort(...args),
      forget: (...args) => engine.forget(...args),
      stats: () => engine.stats(),
      close: () => engine.close(),
      run: (call) => {
        const outcome = engine.run(call);
        if (!(fault in FAULTS) || !isDue()) return outcome;
        // once the engine lets go, before the thread hears of anything more
        process.nextTick(FAULTS[fault]);
        return undefined; // its batch stays open, and the thread awake
      },
    };
  });
}
