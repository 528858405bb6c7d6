import type { ErrorCode } from '@sandglass/core';

import { Durations } from './durations.js';
import type { CallStats, CapabilityCount, Settled } from './stats.js';

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

  /** Takes over what another has counted, for a total. @param withDurations as well. */
  add(other: CallCounters, withDurations = true): void {
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
    if (!withDurations) return;
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
