import { Piscina } from 'piscina';

/**
 * No sandbox: the handler is ordinary code in a worker thread. It shows what crossing threads
 * costs.
 */
export async function persistent({ script, threads = 1 }) {
  const pool = new Piscina({
    filename: new URL('./piscina-worker.mjs', import.meta.url).href,
    workerData: { script },
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 64, // at its best with many tasks in flight
  });
  return { call: (argument) => pool.run(argument), close: () => pool.destroy() };
}
