import { createRunner } from 'run';

const MIB = 1024 * 1024;

/**
 * `run` starts every run in a fresh context on a pooled worker thread; it has no persistent mode.
 */
export async function fresh({ script, threads = 1 }, host) {
  const inSlot = createSlots(threads);
  const runner = createRunner({
    limits: {
      timeoutMs: 10_000, // 1 MB of JSON takes longer than a second
      memoryLimitBytes: 64 * MIB,
      maxSourceBytes: 4 * MIB,
      maxResultBytes: 4 * MIB,
    },
  });
  const { log, sleep, request } = host;
  const source = `const { log, sleep, request } = api;\n${script}\nreturn await handler(await api.argument());`;
  return {
    call: (argument) => inSlot(() => call(argument)),
  };

  async function call(argument) {
    // Data goes through a host function: as a literal in the source, 1 MB of JSON takes longer than
    // the time limit.
    const result = await runner.run({
      source,
      hostFunctions: { api: { log, sleep, request, argument: () => argument } },
    });
    return result.value;
  }
}

/** `run` refuses what is above its number of workers and keeps no queue: the caller does. */
function createSlots(most) {
  const waiters = [];
  let running = 0;
  return async (task) => {
    if (running >= most) await new Promise((resolve) => waiters.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      const next = waiters.shift(); // takes over the slot
      if (next) next();
      else running--;
    }
  };
}
