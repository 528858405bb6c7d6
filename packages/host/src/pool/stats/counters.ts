import { createHistogram } from 'node:perf_hooks';
import type { RecordableHistogram } from 'node:perf_hooks';

import type { ErrorCode } from '@sandglass/core';

import type { CallStats, Percentiles, Settled } from './stats.js';

/** Microseconds in an hour; longer times are recorded as this. */
const MAX_RECORDED_US = 3_600_000_000;

/**
 * Durations that are noted before they go into the histogram together. Each has a place of its own there, so that with many extensions
 * nearly every one has to be waited for: 110 ns a call with 64 at a time, 45 with 256 (200 extensions in turn, 15 ns with one).
 */
const MAX_NOTED = 256;

const NONE_NOTED: Uint32Array = new Uint32Array();

/** A histogram of durations. About 26 KB, made when many are recorded or any are read. */
export class Durations {
  #histogram: RecordableHistogram | undefined;
  /** The latest, in microseconds; made for the first. */
  #noted: Uint32Array = NONE_NOTED;
  #count = 0;

  record(durationMs: number): void {
    if (this.#noted === NONE_NOTED) this.#noted = new Uint32Array(MAX_NOTED);
    this.#noted[this.#count++] = Math.min(Math.max(Math.round(durationMs * 1_000), 1), MAX_RECORDED_US);
    if (this.#count === MAX_NOTED) this.#complete();
  }

  add(other: Durations): void {
    const more = other.#complete();
    if (!more) return;
    this.#histogram ??= create();
    this.#histogram.add(more);
  }

  /** The histogram of all that was recorded. */
  #complete(): RecordableHistogram | undefined {
    if (this.#count === 0) return this.#histogram;
    this.#histogram ??= create();
    for (let i = 0; i < this.#count; i++) this.#histogram.record(this.#noted[i]!);
    this.#count = 0;
    return this.#histogram;
  }

  percentiles(): Percentiles {
    const histogram = this.#complete();
    if (!histogram || histogram.count === 0) return { count: 0, p50: 0, p90: 0, p99: 0, max: 0 };
    const at = (percentile: number): number => histogram.percentile(percentile) / 1_000;
    return { count: histogram.count, p50: at(50), p90: at(90), p99: at(99), max: histogram.max / 1_000 };
  }
}

function create(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: MAX_RECORDED_US, figures: 2 });
}

/** The counters behind {@link CallStats}. */
export class CallCounters {
  accepted = 0;
  refused = 0;
  readonly settled: Settled = {};
  readonly queueMs: Durations = new Durations();
  readonly runMs: Durations = new Durations();
  readonly capabilityMs: Durations = new Durations();

  countSettled(how: 'ok' | ErrorCode): void {
    this.settled[how] = (this.settled[how] ?? 0) + 1;
  }

  /** Takes over what another has counted, for a total. */
  add(other: CallCounters): void {
    this.accepted += other.accepted;
    this.refused += other.refused;
    for (const [how, count] of Object.entries(other.settled) as ['ok' | ErrorCode, number][]) {
      this.settled[how] = (this.settled[how] ?? 0) + count;
    }
    this.queueMs.add(other.queueMs);
    this.runMs.add(other.runMs);
    this.capabilityMs.add(other.capabilityMs);
  }

  toStats(queued: number, live: number, background: number): CallStats {
    return {
      accepted: this.accepted,
      settled: { ...this.settled },
      refused: this.refused,
      queued,
      running: live - queued - background,
      background,
      queueMs: this.queueMs.percentiles(),
      runMs: this.runMs.percentiles(),
      capabilityMs: this.capabilityMs.percentiles(),
    };
  }
}
