import { SandglassError } from '@sandglass/core';
import type { CapabilityCallWire, LoadedWire, OutcomeWire } from '@sandglass/core';

import type { CapabilityCalls } from './capability-calls.js';
import { limitError, toSandglassError } from '../jobs/call-errors.js';
import type { Job } from '../jobs/job.js';
import type { Batch, Lane } from '../lanes/lane.js';
import type { Ledger } from '../jobs/ledger.js';
import {
  readCapabilityCall,
  readEngineStats,
  readErrorWire,
  readList,
  readLoaded,
  readOutcome,
} from '../links/validate.js';

/** Unsound messages after which a lane is given up. One would do; some slack tells a fault from a flood in the statistics. */
const MAX_VIOLATIONS = 100;
/** Messages for nobody between two ticks of the watchdog. Calls that ended early leave some behind; a flood is an attack. */
const MAX_IGNORED_PER_TICK = 20_000;

export interface InboxOptions {
  ledger: Ledger;
  capabilities: CapabilityCalls;
  schedule(): void;
  /** The lane has reported something. */
  heard(lane: Lane): void;
  /** The lane has answered: it works. */
  markHealthy(): void;
  /** Nothing is on the lane any more. */
  idle(lane: Lane): void;
  /** A batch ended without these jobs: they have to run again, or fail. */
  missing(lane: Lane, jobs: Job[]): void;
  /** The lane sends what no sound engine sends: end it. */
  unsound(lane: Lane): void;
}

/** Takes what lanes report, believes none of it, and settles what is proven. Nothing that comes in here throws. */
export class Inbox {
  readonly #options: InboxOptions;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  outcomes(lane: Lane, raw: unknown): void {
    this.#options.heard(lane);
    const outcomes = readList(raw);
    if (!outcomes) return this.violation(lane);
    const nowMs = performance.now();
    for (const value of outcomes) {
      const outcome = readOutcome(value);
      if (outcome) this.#outcome(lane, outcome, nowMs);
      else this.violation(lane);
    }
  }

  batchDone(lane: Lane, batch: Batch, outcomes: unknown): void {
    this.outcomes(lane, outcomes);
    const missing = lane.closeBatch(batch);
    if (missing.length > 0) this.#options.missing(lane, missing);
    if (lane.jobs.size === 0) this.#options.idle(lane);
    this.#options.schedule();
  }

  loadDone(lane: Lane, job: Job, raw: unknown): void {
    const { ledger } = this.#options;
    this.#options.heard(lane);
    if (job.batch) lane.closeBatch(job.batch);
    if (lane.jobs.size === 0) this.#options.idle(lane);
    this.#options.schedule();
    if (!lane.owns(job)) return;
    const loaded = readReply(raw);
    if (loaded === undefined) {
      this.violation(lane);
      ledger.reject(
        job,
        new SandglassError(
          'E_WORKER_LOST',
          `Cannot load "${job.extension.wire.name}": the engine gave no sound answer`,
          job.origin,
        ),
      );
      return;
    }
    this.#markHealthy(lane, job, performance.now());
    if ('code' in loaded) ledger.reject(job, toSandglassError(loaded, job.origin));
    else ledger.fulfil(job, loaded);
  }

  capabilities(lane: Lane, raw: unknown): void {
    this.#options.heard(lane);
    const calls = readList(raw);
    if (!calls) return this.violation(lane);
    for (const value of calls) {
      const call = readCapabilityCall(value);
      if (call) this.#capability(lane, call);
      else this.violation(lane);
    }
  }

  stats(lane: Lane, raw: unknown): void {
    const stats = readEngineStats(raw);
    if (stats) lane.engineStats = stats;
    else this.violation(lane);
  }

  entered(lane: Lane): void {
    lane.markAllEntered();
    this.#options.schedule();
  }

  violation(lane: Lane): void {
    lane.violations += 1;
    if (lane.violations === MAX_VIOLATIONS) this.#options.unsound(lane);
  }

  #outcome(lane: Lane, outcome: OutcomeWire, nowMs: number): void {
    const job = lane.jobs.get(outcome.callId);
    if (!job || job.isLoad) return this.#ignore(lane);
    if (lane.markEntered(job)) this.#options.schedule();
    lane.jobs.delete(outcome.callId);
    job.extension.learnCost(outcome.usage.cpuTimeMs);
    if (!lane.owns(job)) return this.#ignore(lane);
    this.#markHealthy(lane, job, nowMs);
    job.onOutcome?.(outcome);
    const { ledger } = this.#options;
    const { maxResultBytes } = job.limits;
    if (!outcome.ok) return void ledger.reject(job, toSandglassError(outcome.error, job.origin));
    const used = outcome.value.byteLength;
    if (used <= maxResultBytes) ledger.fulfil(job, outcome.value);
    else ledger.reject(job, limitError('E_QUOTA', job.origin, { name: 'maxResultBytes', value: maxResultBytes, used }));
  }

  #capability(lane: Lane, call: CapabilityCallWire): void {
    const job = lane.jobs.get(call.callId);
    if (!job || !lane.owns(job)) return this.#ignore(lane);
    if (lane.markEntered(job)) this.#options.schedule();
    if (!this.#options.capabilities.take(lane, job, call)) this.violation(lane);
  }

  #markHealthy(lane: Lane, job: Job, nowMs: number): void {
    lane.outcomes += 1;
    const runMs = nowMs - job.sentMs;
    lane.runMs.record(runMs);
    job.extension.counters.runMs.record(runMs);
    if (lane.outcomes === 1) this.#options.markHealthy();
  }

  #ignore(lane: Lane): void {
    lane.ignored += 1;
    lane.ignoredThisTick += 1;
    if (lane.ignoredThisTick === MAX_IGNORED_PER_TICK) this.#options.unsound(lane);
  }
}

function readReply(raw: unknown): LoadedWire | ReturnType<typeof readErrorWire> {
  if (typeof raw !== 'object' || raw === null || !('ok' in raw)) return undefined;
  if (raw.ok === true) return 'loaded' in raw ? readLoaded(raw.loaded) : undefined;
  return 'error' in raw ? readErrorWire(raw.error) : undefined;
}
