/** Wait after the first failure; it doubles with each that follows. */
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5_000;
/** Failures in a row after which waiting calls are told instead of kept. With the delays before it, about 1.5 s of trying. */
const HOPELESS_AFTER = 6;

/** Keeps engines that do not start, or die at once, from being started over and over. */
export class Backoff {
  #failures = 0;
  #notBeforeMs = 0;

  /** Whether so much has failed in a row that a call should not wait for the next attempt. */
  get isHopeless(): boolean {
    return this.#failures >= HOPELESS_AFTER;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds until the next start is allowed; 0 for now. */
  delayMs(nowMs: number): number {
    return Math.max(this.#notBeforeMs - nowMs, 0);
  }

  failed(nowMs: number): void {
    this.#notBeforeMs = nowMs + Math.min(FIRST_DELAY_MS * 2 ** this.#failures, MAX_DELAY_MS);
    this.#failures += 1;
  }

  /** An engine has done something useful. */
  succeeded(): void {
    this.#failures = 0;
    this.#notBeforeMs = 0;
  }
}
