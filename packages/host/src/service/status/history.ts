import { Durations } from '../../pool/stats/durations.js';
import { Recent } from './recent.js';

/** What happened in one interval. */
export interface HistoryPoint {
  /** End of the interval, in milliseconds since 1970. */
  timeMs: number;
  calls: number;
  failed: number;
  p50Ms: number;
  p99Ms: number;
}

/** Length of an interval. */
export const INTERVAL_MS = 1_000;
/** Intervals kept: five minutes. */
const MAX_POINTS = 300;

/** Calls and their latency over time, in intervals of a second. */
export class History {
  readonly #points = new Recent<HistoryPoint>(MAX_POINTS);
  #durations = new Durations();
  #calls = 0;
  #failed = 0;
  #idleTicks = 0;

  record(durationMs: number, isFailed: boolean): void {
    this.#durations.record(durationMs);
    this.#calls += 1;
    if (isFailed) this.#failed += 1;
  }

  /** Ends the interval. */
  tick(timeMs: number): void {
    const { p50, p99 } = this.#durations.percentiles();
    this.#points.add({ timeMs, calls: this.#calls, failed: this.#failed, p50Ms: p50, p99Ms: p99 });
    this.#idleTicks = this.#calls > 0 ? 0 : this.#idleTicks + 1;
    if (this.#calls > 0) this.#durations = new Durations();
    this.#calls = 0;
    this.#failed = 0;
  }

  /** Whether nothing happened in any of the intervals kept. */
  get isEmpty(): boolean {
    return this.#idleTicks >= MAX_POINTS;
  }

  toArray(): HistoryPoint[] {
    return this.#points.toArray();
  }
}
