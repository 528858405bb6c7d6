import { createHistogram } from 'node:perf_hooks';
import type { RecordableHistogram } from 'node:perf_hooks';

import type { ErrorCode } from '@sandglass/core';

import { Buckets } from './buckets.js';
import type { CallStats, CapabilityCount, Percentiles, Settled } from './stats.js';

/** Microseconds in an hour; longer times are recorded as this. */
const MAX_RECORDED_US = 3_600_000_000;

/**
 * Durations that are noted before they go into the histogram together. Each has a place of its own
 * there, so that with many extensions nearly every one has to be waited for: 110 ns a call with 64
 * at a time, 45 with 256 (200 extensions in turn, 15 ns with one).
 */
const MAX_NOTED = 256;

const NONE_NOTED: Uint32Array = new Uint32Array();

/** A histogram of durations. About 26 KB, made when many are recorded or any are read. */
export class Durations {
  #histogram: RecordableHistogram | undefined;
  readonly #buckets: Buckets = new Buckets();
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
    this.#buckets.add(other.#buckets);
  }

  /** The histogram of all that was recorded. */
  #complete(): RecordableHistogram | undefined {
    if (this.#count === 0) return this.#histogram;
    this.#histogram ??= create();
    for (let i = 0; i < this.#count; i++) {
      this.#histogram.record(this.#noted[i]!);
      this.#buckets.record(this.#noted[i]!);
    }
    this.#count = 0;
    return this.#histogram;
  }

  percentiles(): Percentiles {
    const histogram = this.#complete();
    if (!histogram || histogram.count === 0) return { count: 0, p50: 0, p90: 0, p99: 0, max: 0, sumMs: 0, buckets: [] };
    const at = (percentile: number): number => histogram.percentile(percentile) / 1_000;
    const [sumMs, buckets] = [this.#buckets.sumMs, this.#buckets.cumulative()];
    return {
      count: histogram.count,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      max: histogram.max / 1_000,
      sumMs,
      buckets,
    };
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
  readonly loads: Settled = {};
  cpuTimeMs = 0;
  readonly #capabilityCalls = new Map<string, CapabilityCount>();
  readonly queueMs: Durations = new Durations();
  readonly runMs: Durations = new Durations();
  readonly loadMs: Durations = new Durations();
  readonly capabilityMs: Durations = new Durations();

  countSettled(how: 'ok' | ErrorCode, isLoad: boolean): void {
    this.settled[how] = (this.settled[how] ?? 0) + 1;
    if (isLoad) this.loads[how] = (this.loads[how] ?? 0) + 1;
  }

  /** @param name of a capability that the extension knows: a guest cannot make more of them. */
  countCapabilityCall(name: string, decision: keyof CapabilityCount, times = 1): void {
    let count = this.#capabilityCalls.get(name);
    if (!count) this.#capabilityCalls.set(name, (count = { allowed: 0, denied: 0 }));
    count[decision] += times;
  }

  /** Takes over what another has counted, for a total. */
  add(other: CallCounters): void {
    this.accepted += other.accepted;
    this.refused += other.refused;
    this.cpuTimeMs += other.cpuTimeMs;
    for (const key of ['settled', 'loads'] as const)
      for (const [how, count] of Object.entries(other[key]) as ['ok' | ErrorCode, number][])
        this[key][how] = (this[key][how] ?? 0) + count;
    for (const [name, { allowed, denied }] of other.#capabilityCalls) {
      this.countCapabilityCall(name, 'allowed', allowed);
      this.countCapabilityCall(name, 'denied', denied);
    }
    this.queueMs.add(other.queueMs);
    this.runMs.add(other.runMs);
    this.loadMs.add(other.loadMs);
    this.capabilityMs.add(other.capabilityMs);
  }

  toStats(queued: number, live: number, background: number): CallStats {
    return {
      accepted: this.accepted,
      settled: { ...this.settled },
      loads: { ...this.loads },
      refused: this.refused,
      cpuTimeMs: this.cpuTimeMs,
      capabilityCalls: Object.fromEntries([...this.#capabilityCalls].map(([name, count]) => [name, { ...count }])),
      queued,
      running: live - queued - background,
      background,
      queueMs: this.queueMs.percentiles(),
      runMs: this.runMs.percentiles(),
      loadMs: this.loadMs.percentiles(),
      capabilityMs: this.capabilityMs.percentiles(),
    };
  }
}
