import type { ErrorCode } from '@sandglass/core';

import { Durations } from './durations.js';
import type { CallStats, CapabilityCount, Settled } from './stats.js';

/** Calls and loads that are under way. */
export interface CallsNow {
  queued: number;
  /** Accepted and not over. */
  live: number;
  /** Of those, the ones that are answered. */
  background: number;
}

/** The counters behind {@link CallStats}. */
export class CallCounters {
  /** Counts the same of all; durations not, which are added up when somebody asks. */
  readonly #total: CallCounters | undefined;
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

  constructor(total?: CallCounters) {
    this.#total = total;
  }

  countAccepted(): void {
    this.accepted += 1;
    this.#total?.countAccepted();
  }

  countRefused(): void {
    this.refused += 1;
    this.#total?.countRefused();
  }

  countCpuTime(usedMs: number): void {
    this.cpuTimeMs += usedMs;
    this.#total?.countCpuTime(usedMs);
  }

  countSettled(how: 'ok' | ErrorCode, isLoad: boolean): void {
    this.#total?.countSettled(how, isLoad);
    this.settled[how] = (this.settled[how] ?? 0) + 1;
    if (isLoad) this.loads[how] = (this.loads[how] ?? 0) + 1;
  }

  /** @param name of a capability that the extension knows: a guest cannot make more of them. */
  countCapabilityCall(name: string, decision: keyof CapabilityCount): void {
    this.#total?.countCapabilityCall(name, decision);
    let count = this.#capabilityCalls.get(name);
    if (!count) this.#capabilityCalls.set(name, (count = { allowed: 0, denied: 0 }));
    count[decision] += 1;
  }

  /** Takes over the durations of another. */
  addDurations(other: CallCounters): void {
    this.queueMs.add(other.queueMs);
    this.runMs.add(other.runMs);
    this.loadMs.add(other.loadMs);
    this.capabilityMs.add(other.capabilityMs);
  }

  /** @param durations whose durations are told. @default its own */
  toStats({ queued, live, background }: CallsNow, durations: CallCounters = this): CallStats {
    const { queueMs, runMs, loadMs, capabilityMs } = durations;
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
      queueMs: queueMs.percentiles(),
      runMs: runMs.percentiles(),
      loadMs: loadMs.percentiles(),
      capabilityMs: capabilityMs.percentiles(),
    };
  }
}
