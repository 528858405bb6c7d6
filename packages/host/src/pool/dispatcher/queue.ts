import type { PoolExtension } from '../extension.js';
import type { Job } from '../job.js';

/**
 * Waiting calls, a queue per extension, served in turn: whoever floods its own queue delays itself.
 *
 * A newcomer takes its place just before the extension that is due next, so that it waits one round at the most.
 */
export class FairQueue {
  readonly #turns: PoolExtension[] = [];
  #due = 0;
  #size = 0;

  /** Calls waiting. */
  get size(): number {
    return this.#size;
  }

  /** Extensions that have calls waiting. */
  get extensions(): number {
    return this.#turns.length;
  }

  push(job: Job): void {
    this.#enter(job);
    job.queued = job.extension.waiting.push(job);
  }

  /** Puts a call that had its turn before in front of its extension's others. */
  unshift(job: Job): void {
    this.#enter(job);
    job.queued = job.extension.waiting.unshift(job);
  }

  remove(job: Job): void {
    const { extension } = job;
    if (job.queued) extension.waiting.remove(job.queued);
    job.queued = undefined;
    this.#size -= 1;
    if (extension.waiting.size > 0) return;
    const index = this.#turns.indexOf(extension);
    this.#turns.splice(index, 1);
    if (index < this.#due) this.#due -= 1;
  }

  /** The first call of the extension that is due, still waiting; undefined when none waits. */
  peek(): Job | undefined {
    if (this.#due >= this.#turns.length) this.#due = 0;
    return this.#turns[this.#due]?.waiting.first;
  }

  /** Removes what `peek` showed and passes the turn on. */
  take(job: Job): void {
    const leaves = job.extension.waiting.size === 1;
    this.remove(job);
    if (!leaves) this.#due += 1;
  }

  /** Passes the turn on without serving. */
  skip(): void {
    this.#due += 1;
  }

  #enter(job: Job): void {
    const { extension } = job;
    this.#size += 1;
    if (extension.waiting.size > 0) return;
    this.#turns.splice(this.#due, 0, extension);
    this.#due += 1;
  }
}
