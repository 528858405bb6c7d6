import type { PoolExtension } from '../extension.js';
import type { Job } from '../job.js';

/** A queue of jobs, linked through the jobs themselves: any of them leaves in constant time. */
export class JobList {
  #first: Job | undefined;
  #last: Job | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): Job | undefined {
    return this.#first;
  }

  push(job: Job): void {
    job.previous = this.#last;
    job.next = undefined;
    if (this.#last) this.#last.next = job;
    else this.#first = job;
    this.#last = job;
    this.#length += 1;
  }

  unshift(job: Job): void {
    job.previous = undefined;
    job.next = this.#first;
    if (this.#first) this.#first.previous = job;
    else this.#last = job;
    this.#first = job;
    this.#length += 1;
  }

  /** @param job one that is in this list. */
  remove(job: Job): void {
    if (job.previous) job.previous.next = job.next;
    else this.#first = job.next;
    if (job.next) job.next.previous = job.previous;
    else this.#last = job.previous;
    job.next = undefined;
    job.previous = undefined;
    this.#length -= 1;
  }
}

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
    job.extension.waiting.push(job);
  }

  /** Puts a call that had its turn before in front of its extension's others. */
  unshift(job: Job): void {
    this.#enter(job);
    job.extension.waiting.unshift(job);
  }

  remove(job: Job): void {
    const { extension } = job;
    extension.waiting.remove(job);
    job.isQueued = false;
    this.#size -= 1;
    if (extension.waiting.length > 0) return;
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
    const leaves = job.extension.waiting.length === 1;
    this.remove(job);
    if (!leaves) this.#due += 1;
  }

  /** Passes the turn on without serving. */
  skip(): void {
    this.#due += 1;
  }

  #enter(job: Job): void {
    const { extension } = job;
    job.isQueued = true;
    this.#size += 1;
    if (extension.waiting.length > 0) return;
    this.#turns.splice(this.#due, 0, extension);
    this.#due += 1;
  }
}
