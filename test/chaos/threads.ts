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

/** Threads that are terminated as soon as they are started. */
export interface Storm extends Disposable {
  /** When each thread of this process was started since, those that were spared included. */
  readonly startsMs: readonly number[];
  readonly killed: number;
  stop(): void;
}

/** @param limit how many are terminated at the most. */
export function startStorm(limit: number): Storm {
  const startsMs: number[] = [];
  let killed = 0;
  let isOver = false;
  const onWorker = (worker: Worker): void => {
    startsMs.push(performance.now());
    if (isOver || killed === limit) return;
    killed += 1;
    void worker.terminate();
  };
  process.on('worker', onWorker);
  return {
    startsMs,
    get killed() {
      return killed;
    },
    stop: () => void (isOver = true),
    [Symbol.dispose]: () => void process.off('worker', onWorker),
  };
}
