/** Wait after the first failure; it doubles with each that follows. */
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5_000;
/**
 * Failures in a row after which queued calls are told instead of kept. With the delays before it,
 * about 1.5 s of trying.
 */
const HOPELESS_AFTER = 6;
/**
 * While an engine has worked within this time, queued calls are kept in spite of failures, and
 * starts are tried more often: the cause of the failures may pass.
 */
const RECENT_MS = 30_000;
const RECENT_MAX_DELAY_MS = 400;

/** Keeps engines that do not start, or die at once, from being started over and over. */
export class Backoff {
  #failures = 0;
  #lastFailureMs = -Infinity;
  #notBeforeMs = 0;
  #lastSuccessMs = -Infinity;

  get failures(): number {
    return this.#failures;
  }

  /**
   * Whether so many starts have failed in a row that a queued call should fail instead of waiting
   * for the next attempt.
   *
   * Only during the pause: the first call after it makes that attempt.
   */
  isHopeless(nowMs: number): boolean {
    return this.#failures >= HOPELESS_AFTER && this.delayMs(nowMs) > 0 && !this.#hasWorkedRecently(nowMs);
  }

  /** Milliseconds until the next start is allowed; 0 for now. */
  delayMs(nowMs: number): number {
    return Math.max(this.#notBeforeMs - nowMs, 0);
  }

  /**
   * An engine has failed.
   *
   * @param startedMs when it was started. Those that were under way at the last failure are the
   *   same one: eight threads that fail together are not eight in a row.
   */
  failed(nowMs: number, startedMs: number): void {
    if (startedMs < this.#lastFailureMs) return;
    this.#lastFailureMs = nowMs;
    const maxDelayMs = this.#hasWorkedRecently(nowMs) ? RECENT_MAX_DELAY_MS : MAX_DELAY_MS;
    this.#notBeforeMs = nowMs + Math.min(FIRST_DELAY_MS * 2 ** this.#failures, maxDelayMs);
    this.#failures += 1;
  }

  /** An engine has done something useful. */
  succeeded(nowMs: number): void {
    this.#failures = 0;
    this.#notBeforeMs = 0;
    this.#lastSuccessMs = nowMs;
  }

  #hasWorkedRecently(nowMs: number): boolean {
    return nowMs - this.#lastSuccessMs < RECENT_MS;
  }
}
