import { SandglassError } from '@sandglass/core';
import type { CapabilityCallWire, OutcomeWire, UsageWire } from '@sandglass/core';

import type { CapabilityCalls } from './capability-calls.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { limitError, toSandglassError } from '../jobs/call-errors.js';
import { loadCallId, type Job } from '../jobs/job.js';
import type { Ledger } from '../jobs/ledger.js';
import type { Lane } from '../lanes/lane.js';
import type { LaneSet } from '../lanes/lane-set.js';
import type { LaneEvents } from '../links/lane-link.js';
import {
  readCapabilityCall,
  readEngineStats,
  readList,
  readLoadReply,
  readOutcome,
  readOutcomes,
} from '../links/validate.js';
import type { Recovery } from '../watchdog/recovery.js';
import type { Watchdog } from '../watchdog/watchdog.js';

/**
 * Unsound messages after which a lane is ended. More than one, so that the statistics tell a single
 * fault from a flood.
 */
const MAX_VIOLATIONS = 100;
/**
 * Messages about calls that are over, between two ticks of the watchdog, after which a lane is
 * ended. Calls that ended early cause some; a flood is an attack.
 */
const MAX_IGNORED_PER_TICK = 20_000;

/** What the inboxes of a pool's lanes work with. */
export interface InboxParts {
  ledger: Ledger;
  lanes: LaneSet;
  dispatcher: Dispatcher;
  recovery: Recovery;
  watchdog: Watchdog;
  capabilities: CapabilityCalls;
}

/** Of a load, which nobody counts. */
const NO_USAGE: UsageWire = { cpuTimeMs: 0, heapBytes: 0 };

/** Heap that a call had or was refused. */
function heapBytesOf(outcome: OutcomeWire): number {
  const refused = !outcome.ok && outcome.error.code === 'E_MEMORY' ? outcome.error.limit?.used : undefined;
  return Math.max(outcome.usage.heapBytes, refused ?? 0);
}

/**
 * Takes the messages of one lane, checks each of them, and settles the jobs that they prove to be
 * over. No message makes it throw.
 */
export class Inbox implements LaneEvents {
  readonly #lane: Lane;
  readonly #parts: InboxParts;

  constructor(lane: Lane, parts: InboxParts) {
    this.#lane = lane;
    this.#parts = parts;
  }

  ready(): void {
    this.#parts.lanes.ready(this.#lane);
    this.#parts.dispatcher.schedule();
  }

  outcomes(raw: unknown): void {
    this.#parts.watchdog.heard(this.#lane);
    const outcomes = readList(raw) ?? readOutcomes(raw);
    if (!outcomes) return this.violation();
    const nowMs = performance.now();
    for (const value of outcomes) {
      if (this.#lane.violations >= MAX_VIOLATIONS) return;
      const outcome = readOutcome(value);
      if (outcome) this.#outcome(outcome, nowMs);
      else this.violation();
    }
  }

  batchDone(batchId: number, raw: unknown): void {
    this.outcomes(raw);
    const missing = this.#lane.closeBatch(batchId);
    if (missing.length > 0) this.#parts.recovery.runAgain(missing);
    this.#noticeIdle();
  }

  loadDone(extensionId: number, raw: unknown): void {
    const lane = this.#lane;
    this.#parts.watchdog.heard(lane);
    const run = lane.runs.get(loadCallId(extensionId));
    if (run?.job.isLoad !== true) return this.#ignore();
    lane.closeLoad(run);
    this.#noticeIdle();
    if (run.isWanted) this.#loaded(run.job, raw);
  }

  capabilities(raw: unknown): void {
    this.#parts.watchdog.heard(this.#lane);
    const calls = readList(raw);
    if (!calls) return this.violation();
    for (const value of calls) {
      if (this.#lane.violations >= MAX_VIOLATIONS) return;
      const call = readCapabilityCall(value);
      if (call) this.#capability(call);
      else this.violation();
    }
  }

  stats(raw: unknown): void {
    const stats = readEngineStats(raw);
    if (stats) this.#lane.engineStats = stats;
    else this.violation();
  }

  entered(): void {
    this.#lane.markAllEntered();
    this.#parts.dispatcher.schedule();
  }

  dropped(raw: unknown): void {
    const ids = readList(raw);
    if (!ids) return this.violation();
    const lost = ids.flatMap((id) => (typeof id === 'number' ? (this.#lane.drop(id) ?? []) : []));
    this.#parts.recovery.runAgain(lost);
    this.#noticeIdle();
  }

  /** Has the lane forget the extensions that it reports as cold, unless they have calls there. */
  cold(raw: unknown): void {
    const ids = readList(raw);
    if (!ids) return this.violation();
    for (const id of ids) {
      const extension = typeof id === 'number' ? this.#lane.installed.get(id) : undefined;
      if (!extension || extension.isPersistent || this.#lane.hasRunOf(extension)) continue;
      this.#lane.installed.delete(extension.wire.id);
      this.#lane.link.forget(extension.wire.id);
    }
  }

  violation(): void {
    this.#lane.violations += 1;
    if (this.#lane.violations === MAX_VIOLATIONS) this.#parts.recovery.lose(this.#lane, 'killed');
  }

  lost(reason: Error): void {
    if (this.#lane.condition !== 'lost') this.#parts.recovery.lose(this.#lane, 'lost', reason);
  }

  #outcome(outcome: OutcomeWire, nowMs: number): void {
    const lane = this.#lane;
    const { ledger, dispatcher } = this.#parts;
    const run = lane.runs.get(outcome.callId);
    if (!run || run.job.isLoad) return this.#ignore();
    if (lane.markEntered(run)) dispatcher.schedule();
    const { job } = run;
    const goesOn = outcome.goesOn === true && job.state !== 'answered';
    if (!goesOn) {
      lane.runs.delete(outcome.callId);
      job.extension.learnCost(outcome.usage.cpuTimeMs, heapBytesOf(outcome));
    }
    if (!run.isWanted) return this.#ignore();
    if (job.state === 'answered') return this.#finish(job, outcome);
    this.#count(job, nowMs);
    job.onOutcome?.(outcome);
    const { maxResultBytes } = job.limits;
    if (!outcome.ok) return ledger.reject(job, toSandglassError(outcome.error, job.origin), goesOn);
    const used = outcome.value.byteLength;
    if (used <= maxResultBytes) ledger.fulfil(job, outcome.value, goesOn);
    else ledger.reject(job, limitError('E_QUOTA', job.origin, { name: 'maxResultBytes', value: maxResultBytes, used }));
  }

  /**
   * Ends the background of an answered call: nothing of it is pending any more, or an error ended
   * it.
   */
  #finish(job: Job, outcome: OutcomeWire): void {
    const error = outcome.ok ? undefined : toSandglassError(outcome.error, job.origin);
    this.#parts.ledger.finish(job, outcome.usage, error);
  }

  #loaded(job: Job, raw: unknown): void {
    const { ledger } = this.#parts;
    const loaded = readLoadReply(raw);
    if (loaded === undefined) {
      this.violation();
      const message = `Cannot load "${job.extension.wire.name}": the engine gave no sound answer`;
      return ledger.reject(job, new SandglassError('E_WORKER_LOST', message, job.origin));
    }
    this.#count(job, performance.now());
    if (!('code' in loaded)) return ledger.fulfil(job, loaded);
    job.onOutcome?.({ callId: job.callId, ok: false, error: loaded, usage: NO_USAGE });
    ledger.reject(job, toSandglassError(loaded, job.origin));
  }

  #capability(call: CapabilityCallWire): void {
    const lane = this.#lane;
    const run = lane.runs.get(call.callId);
    if (run?.isWanted !== true) return this.#ignore();
    if (lane.markEntered(run)) this.#parts.dispatcher.schedule();
    if (!this.#parts.capabilities.take(lane, run, call)) this.violation();
  }

  #noticeIdle(): void {
    if (this.#lane.runs.size === 0) this.#parts.lanes.idle(this.#lane);
    this.#parts.dispatcher.schedule();
  }

  /** Counts an outcome. A lane that reports one works. */
  #count(job: Job, nowMs: number): void {
    const lane = this.#lane;
    lane.outcomes += 1;
    const runMs = nowMs - job.sentMs;
    lane.runMs.record(runMs);
    const { counters } = job.extension;
    (job.isLoad ? counters.loadMs : counters.runMs).record(runMs);
    if (lane.outcomes === 1) this.#parts.lanes.markHealthy(lane);
  }

  #ignore(): void {
    this.#lane.ignored += 1;
    this.#lane.ignoredThisTick += 1;
    if (this.#lane.ignoredThisTick === MAX_IGNORED_PER_TICK) this.#parts.recovery.lose(this.#lane, 'killed');
  }
}
