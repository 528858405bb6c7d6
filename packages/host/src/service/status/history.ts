import { Durations } from '../../pool/stats/durations.js';
import type { HistoryData } from './status-data.js';

/** Intervals that are kept. */
const LENGTH = 300;
/** Numbers of each: calls, those that failed, median and 99th percentile of their durations. */
const COLUMNS = 4;
/** Digits of milliseconds that are told. */
const PRECISION = 1_000;

/**
 * Calls and their latency over time, in 300 intervals of one length, which take about 5 KB of
 * memory.
 */
export class History {
  readonly #intervalMs: number;
  readonly #points: Float32Array = new Float32Array(LENGTH * COLUMNS);
  /** Intervals that have ended; the ring starts over after `LENGTH`. */
  #ended = 0;
  #endMs = 0;
  /** Of the interval that goes on; undefined while there was no call. */
  #durations: Durations | undefined;
  #calls = 0;
  #failed = 0;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  record(durationMs: number, isFailed: boolean): void {
    this.#durations ??= new Durations();
    this.#durations.record(durationMs);
    this.#calls += 1;
    if (isFailed) this.#failed += 1;
  }

  /** Ends the interval. */
  tick(timeMs: number): void {
    const { p50 = 0, p99 = 0 } = this.#durations?.percentiles() ?? {};
    this.#points.set([this.#calls, this.#failed, p50, p99], (this.#ended % LENGTH) * COLUMNS);
    this.#ended += 1;
    this.#endMs = timeMs;
    this.#durations = undefined;
    this.#calls = 0;
    this.#failed = 0;
  }

  /** @param length how many intervals at most. @default all */
  toData(length: number = LENGTH): HistoryData {
    const kept = Math.min(this.#ended, length);
    const column = (at: number): number[] =>
      Array.from({ length: kept }, (_, i) => {
        const interval = (this.#ended - kept + i) % LENGTH;
        return Math.round(this.#points[interval * COLUMNS + at]! * PRECISION) / PRECISION;
      });
    const [calls, failed, p50Ms, p99Ms] = [column(0), column(1), column(2), column(3)];
    return { endMs: this.#endMs, intervalMs: this.#intervalMs, calls, failed, p50Ms, p99Ms };
  }
}
