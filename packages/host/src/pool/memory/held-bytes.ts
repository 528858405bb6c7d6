import type { Job } from '../jobs/job.js';
import type { PoolExtension } from '../jobs/pool-extension.js';

/** Share of the pool's memory that arguments may take beside it, half of that for one extension. */
const SHARE = 1 / 4;
/** The most of that: much of it lies in heaps of V8's, which have limits of their own. */
const MAX_HELD_BYTES = 2 ** 30;
/** The same of results that are being decoded, before further calls wait. */
const RESULTS_SHARE = 1 / 8;

/**
 * Bytes of guests and callers that the host holds outside of sandboxes: arguments of calls, and of
 * capability calls that wait for an answer; results that are being decoded.
 */
export class HeldBytes {
  readonly #maxMemoryBytes: number;
  readonly #maxBytes: number;
  readonly #maxResultBytes: number;
  #bytes = 0;
  #resultBytes = 0;

  /** @param maxMemoryBytes of the pool. */
  constructor(maxMemoryBytes: number = Infinity) {
    this.#maxMemoryBytes = maxMemoryBytes;
    this.#maxBytes = Math.min(maxMemoryBytes * SHARE, MAX_HELD_BYTES);
    this.#maxResultBytes = maxMemoryBytes * RESULTS_SHARE;
  }

  /**
   * Whether so many more bytes fit. The first of an extension always do: each argument has a limit
   * of its own.
   */
  fits({ heldBytes }: PoolExtension, bytes: number): boolean {
    if (heldBytes === 0) return true;
    return heldBytes + bytes <= this.#maxBytes / 2 && this.#bytes + bytes <= this.#maxBytes;
  }

  /** The limit that errors name when bytes do not fit. */
  limit({ heldBytes }: PoolExtension, bytes: number): { name: 'maxMemoryBytes'; value: number; used: number } {
    return { name: 'maxMemoryBytes', value: this.#maxMemoryBytes, used: heldBytes + bytes };
  }

  /** @param bytes less than zero for what is held no longer. */
  hold(job: Job, bytes: number): void {
    job.heldBytes += bytes;
    job.extension.heldBytes += bytes;
    this.#bytes += bytes;
  }

  /** @param bytes of a result; less than zero once it is decoded. */
  holdResult(bytes: number): void {
    this.#resultBytes += bytes;
  }

  /** Whether there is room for the results of more calls than the first of each extension. */
  get hasRoomForResults(): boolean {
    return this.#resultBytes <= this.#maxResultBytes;
  }
}
