import { Piscina } from 'piscina';

/** No sandbox: the handler is ordinary code in a worker thread. It shows what crossing threads costs. */
export async function persistent({ script }) {
  const pool = new Piscina({
    filename: new URL('./piscina-worker.mjs', import.meta.url).href,
    workerData: { script },
    minThreads: 1,
    maxThreads: 1,
  });
  return { call: (argument) => pool.run(argument), close: () => pool.destroy() };
}
