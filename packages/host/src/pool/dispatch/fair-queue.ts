import { LinkedList } from '@sandglass/core';

import type { PoolExtension } from '../jobs/pool-extension.js';
import type { Job } from '../jobs/job.js';

/**
 * Queued calls, a list per extension, served round robin: whoever floods its own queue delays
 * itself.
 *
 * A newcomer comes last, so that it waits one round at the most.
 */
export class FairQueue {
  /** Extensions with calls queued, in the order in which they are served. */
  readonly #rotation: LinkedList<PoolExtension> = new LinkedList();
  #size = 0;

  /** Calls queued. */
  get size(): number {
    return this.#size;
  }

  /** Extensions that have calls queued. */
  get extensions(): number {
    return this.#rotation.size;
  }

  push(job: Job): void {
    this.#enter(job.extension);
    job.queued = job.extension.queue.push(job);
  }

  /** Puts a call that was taken before in front of its extension's others. */
  unshift(job: Job): void {
    this.#enter(job.extension);
    job.queued = job.extension.queue.unshift(job);
  }

  remove(job: Job): void {
    const { extension } = job;
    if (job.queued) extension.queue.remove(job.queued);
    job.queued = undefined;
    this.#size -= 1;
    if (extension.queue.size === 0) this.#rotation.remove(extension.rotationLink);
  }

  /** The first call of the extension that is due, still queued; undefined when none is. */
  peek(): Job | undefined {
    return this.#rotation.first?.queue.first as Job | undefined; // only jobs are pushed here
  }

  /** Removes what `peek` showed and goes on to the next extension. */
  take(job: Job): void {
    this.remove(job);
    if (job.extension.queue.size > 0) this.skip();
  }

  /** Goes on to the next extension without serving. */
  skip(): void {
    const due = this.#rotation.shift();
    if (due) this.#rotation.append(due.rotationLink);
  }

  #enter(extension: PoolExtension): void {
    this.#size += 1;
    if (extension.queue.size === 0) this.#rotation.append(extension.rotationLink);
  }
}
