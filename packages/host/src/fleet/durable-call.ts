import { SandglassError } from '@sandglass/core';

/**
 * The context of a call whose work is kept until it is done. Its work may be begun more than once,
 * its effects not.
 */
export class DurableCall {
  /** Id of the work, the same in every run. */
  readonly id: string;
  readonly #claim: () => Promise<boolean>;
  #claimed: Promise<void> | undefined;
  #isRefused = false;
  #requests = 0;

  /**
   * @param claim asked before the first effect: whether no run before this one has begun effects.
   */
  constructor(id: string, claim: () => Promise<boolean>) {
    this.id = id;
    this.#claim = claim;
  }

  /** `refused` if an earlier run has begun effects: this one did none. */
  get effects(): 'none' | 'possible' | 'refused' {
    if (this.#claimed === undefined) return 'none';
    return this.#isRefused ? 'refused' : 'possible';
  }

  /**
   * Resolves when an effect may be done: the host waits for it before each.
   *
   * @throws {SandglassError} `E_WORKER_LOST` if an earlier run has begun effects, and ended without
   *   an outcome.
   */
  beforeEffect(): Promise<void> {
    this.#claimed ??= this.#first();
    return this.#claimed;
  }

  /** The next request's `Idempotency-Key`: the same for the nth request of every run. */
  nextKey(): string {
    this.#requests += 1;
    return `${this.id}-${this.#requests}`;
  }

  async #first(): Promise<void> {
    if (await this.#claim()) return;
    this.#isRefused = true;
    throw new SandglassError('E_WORKER_LOST', 'An earlier run was lost after it had begun effects: they are possible');
  }
}

/** The durable call that a context stands for. */
export function durableCallOf(context: object | undefined): DurableCall | undefined {
  return context instanceof DurableCall ? context : undefined;
}
