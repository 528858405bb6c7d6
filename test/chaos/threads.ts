import type { Worker } from 'node:worker_threads';

/** The worker threads of this process that were started since, as an outsider finds them. */
export interface Threads extends Disposable {
  /** Ends one that lives, another each time. */
  terminateOne(): void;
}

export function collectThreads(): Threads {
  const alive = new Set<Worker>();
  const onWorker = (worker: Worker): void => {
    alive.add(worker);
    worker.once('exit', () => alive.delete(worker));
  };
  process.on('worker', onWorker);
  return {
    terminateOne() {
      const [worker] = alive;
      if (!worker) return;
      alive.delete(worker);
      void worker.terminate();
    },
    [Symbol.dispose]: () => void process.off('worker', onWorker),
  };
}
