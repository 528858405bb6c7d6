import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { LIMITS } from './limits.mjs';

/** A thread that is silent for so long runs a native that never asks whether it should stop. */
const STUCK_MS = LIMITS.cpuTimeMs * 3;

/** What a run comes to whose thread had to be ended. */
const STUCK = 'stuck: ';

/** One of the two things compared, on a thread that is replaced when a test gets it stuck. */
export class Side {
  #name;
  /** @type {Worker | undefined} */
  #worker;

  /** @param {'bare' | 'guest'} name */
  constructor(name) {
    this.#name = name;
  }

  /**
   * Runs one test. Runs do not overlap.
   *
   * @param {{ text: string, isAsync: boolean, isModule: boolean }} test
   * @returns {Promise<string>} `pass` or `<name>: <message>`
   */
  async run({ text, isAsync, isModule }) {
    const worker = (this.#worker ??= await this.#start());
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), STUCK_MS);
    try {
      const answer = once(worker, 'message', { signal: controller.signal });
      worker.postMessage({ text, isAsync, isModule }); // oxlint-disable-line unicorn/require-post-message-target-origin -- a worker thread
      return (await answer)[0];
    } catch (error) {
      await this.close();
      return controller.signal.aborted ? STUCK : `host ${error}`;
    } finally {
      clearTimeout(timer);
    }
  }

  async close() {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #start() {
    const worker = new Worker(new URL('./thread.mjs', import.meta.url), {
      workerData: this.#name,
      resourceLimits: { stackSizeMb: 16 },
    });
    await once(worker, 'message');
    return worker;
  }
}
