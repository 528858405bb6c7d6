import { LinkedList } from '@sandglass/core';

import type { PoolExtension } from '../jobs/pool-extension.js';
import type { Job } from '../jobs/job.js';

/**
 * Waiting calls, a queue per extension, served in turn: whoever floods its own queue delays itself.
 *
 * A newcomer comes last, so that it waits one round at the most.
 */
export class FairQueue {
  /** Extensions with calls waiting, in the order of their turns. */
  readonly #turns: LinkedList<PoolExtension> = new LinkedList();
  #size = 0;

  /** Calls waiting. */
  get size(): number {
    return this.#size;
  }

  /** Extensions that have calls waiting. */
  get extensions(): number {
    return this.#turns.size;
  }

  push(job: Job): void {
    this.#enter(job.extension);
    job.queued = job.extension.waiting.push(job);
  }

  /** Puts a call that had its turn before in front of its extension's others. */
  unshift(job: Job): void {
    this.#enter(job.extension);
    job.queued = job.extension.waiting.unshift(job);
  }

  remove(job: Job): void {
    const { extension } = job;
    if (job.queued) extension.waiting.remove(job.queued);
    job.queued = undefined;
    this.#size -= 1;
    if (extension.waiting.size === 0) this.#turns.remove(extension.turn);
  }

  /** The first call of the extension that is due, still waiting; undefined when none waits. */
  peek(): Job | undefined {
    return this.#turns.first?.waiting.first as Job | undefined; // only jobs are pushed here
  }

  /** Removes what `peek` showed and passes the turn on. */
  take(job: Job): void {
    this.remove(job);
    if (job.extension.waiting.size > 0) this.skip();
  }

  /** Passes the turn on without serving. */
  skip(): void {
    const due = this.#turns.shift();
    if (due) this.#turns.append(due.turn);
  }

  #enter(extension: PoolExtension): void {
    this.#size += 1;
    if (extension.waiting.size === 0) this.#turns.append(extension.turn);
  }
}
