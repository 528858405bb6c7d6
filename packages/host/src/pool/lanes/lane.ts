import { IdMap, type EngineStats, type SettlementWire } from '@sandglass/core';

import type { PoolExtension } from '../jobs/pool-extension.js';
import type { Job } from '../jobs/job.js';
import type { LaneLink } from '../links/lane-link.js';
import { Durations } from '../stats/stats.js';
import { Heartbeat, SliceWatch } from './slice-watch.js';

/** Calls that were sent to a lane together. */
export interface Batch {
  jobs: Job[];
  /** How many of them the engine is not known to have entered. */
  unentered: number;
}

/**
 * Batches whose calls have not all been entered: one that runs, and one that waits in the engine's hands so that it never
 * waits for this thread. More would only split what could have gone together.
 */
const MAX_OPEN_BATCHES = 2;
/** Calls in a batch. Throughput is flat above it. */
export const MAX_BATCH_LENGTH = 64;
/** CPU time that a lane is given in advance. What waits here can still be placed elsewhere; what waits there cannot. */
const MAX_BACKLOG_MS = 4;

/** What an unknown extension counts as on top, once: calls of others go elsewhere if they can, its own go together. */
const UNKNOWN_COST_MS = 2;

const NO_ENGINE_STATS: EngineStats = { sandboxes: 0, snapshots: 0, restores: 0, replacements: 0, memoryBytes: 0 };

/** A lane as the dispatcher sees it: what is on it, and how much more it takes. */
export class Lane {
  readonly id: number;
  /** Whether it runs one job at a time, of those whose lanes were lost again and again: none of them can take others down. */
  readonly isIsolation: boolean;
  /** Set by whoever starts it, before anything else can happen. */
  lane!: LaneLink;
  status: 'starting' | 'ready' | 'lost' = 'starting';
  /** What was sent and has no outcome yet; settled ones too, since the engine may still be in them. */
  readonly jobs: IdMap<Job> = new IdMap();
  /** Extensions that its engine knows, by id. */
  readonly installed: IdMap<PoolExtension> = new IdMap();
  /** Persistent extensions that live here. */
  readonly residents: Set<PoolExtension> = new Set();
  readonly watch: SliceWatch = new SliceWatch();
  readonly heartbeat: Heartbeat = new Heartbeat();
  /** Has not got on with anything for some ticks of the watchdog, whatever it is in. */
  isQuiet = false;
  /** In one call for so long that nothing more is sent, and nothing is left behind it. */
  isStalled = false;
  /** What it is stalled in. */
  stalledIn: PoolExtension | undefined;
  /** Whether it was started because all others were stalled: it takes nothing of the extensions that stall them, and goes when they go on. */
  isSpare = false;
  /** Whether it has used up the limit of what it is in: it is probably about to be ended. */
  isOverdue = false;
  openBatches = 0;
  /** Extensions that were unknown when their first call here was sent, with that call, while it is not entered. */
  readonly #unknown: Map<PoolExtension, Job> = new Map();
  /** Calls that it was sent. */
  #sent = 0;
  /** Expected CPU time of what is sent and not entered. */
  backlogMs = 0;
  /** Expected CPU time of the call that it goes on with after an answer: the backlog has it no longer. See {@link look}. */
  resumedMs = 0;
  /** The call that was answered last, until the engine is seen at rest after it. */
  #answered: Job | undefined;
  #sliceAtAnswer = 0;
  idleSinceMs = 0;
  startedMs = 0;
  /** Collected for the next flush. */
  outbox: Job[] = [];
  settlements: SettlementWire[] = [];
  aborts: number[] = [];

  engineStats: EngineStats = NO_ENGINE_STATS;
  readonly runMs: Durations = new Durations();
  outcomes = 0;
  ignored = 0;
  ignoredThisTick = 0;
  violations = 0;

  constructor(id: number, isIsolation = false) {
    this.id = id;
    this.isIsolation = isIsolation;
  }

  get isLoading(): boolean {
    for (const job of this.jobs.values()) if (job.isLoad) return true;
    return false;
  }

  /** Whether it is an isolation lane that takes a job now. */
  get isFreeIsolation(): boolean {
    return this.isIsolation && this.status === 'ready' && this.jobs.size === 0 && this.outbox.length === 0;
  }

  /** Whether it takes calls, now or as soon as it has room. */
  get isOpen(): boolean {
    return this.status === 'ready' && !this.isIsolation && !this.isStalled;
  }

  /** Whether it takes more calls now. */
  get hasRoom(): boolean {
    return (
      this.isOpen &&
      this.openBatches < MAX_OPEN_BATCHES &&
      this.backlogMs < MAX_BACKLOG_MS &&
      this.outbox.length < MAX_BATCH_LENGTH
    );
  }

  /** Takes an answer to a capability call, to go with the next flush. */
  answer(job: Job, settlement: SettlementWire): void {
    this.settlements.push(settlement);
    this.#answered = job;
    this.#sliceAtAnswer = this.watch.readSlice(this.lane.slots);
  }

  /** Sees whether its engine is in a call that goes on, or will be in one at once. Costs nothing where no call has asked for anything. */
  look(): void {
    this.resumedMs = 0;
    if (!this.#answered) return;
    const { slots } = this.lane;
    const hasBegun = this.watch.readSlice(slots) !== this.#sliceAtAnswer;
    const job = hasBegun ? this.jobs.get(this.watch.read(slots)) : this.#answered;
    if (!job || !this.owns(job)) this.#answered = undefined;
    else if (job.isEntered) this.resumedMs = job.extension.costMs + (job.extension.isKnown ? 0 : UNKNOWN_COST_MS);
  }

  /** Whether a job is on this lane and still wanted. */
  owns(job: Job): boolean {
    return job.lane === this && !job.isSettled;
  }

  /** Puts a job here, to go with the next batch. */
  put(job: Job): void {
    job.lane = this;
    job.costMs = job.extension.costMs + this.#surcharge(job);
    this.backlogMs += job.costMs;
    this.outbox.push(job);
  }

  /** Takes the first of what was put here as one batch. */
  openBatch(length: number): Batch {
    const batch: Batch = { jobs: this.outbox.splice(0, length), unentered: length };
    this.openBatches += 1;
    for (const job of batch.jobs) {
      job.batch = batch;
      job.place = this.#sent += 1;
      this.jobs.set(job.callId, job);
    }
    return batch;
  }

  /** Notes that the engine has entered a job; true if that makes room for more. */
  markEntered(job: Job): boolean {
    const { batch } = job;
    if (!batch || job.isEntered || job.lane !== this) return false;
    job.isEntered = true;
    return this.#leaveBacklog(job, batch);
  }

  /**
   * Notes what the engine has entered, by its own count of the calls that it has begun (it wraps around).
   *
   * @param withLoads whether the loads have been entered too, and wait for something: calls need not wait for them.
   * @returns whether that makes room for more.
   */
  markBegun(begun: number, withLoads: boolean): boolean {
    let hasMade = false;
    for (const job of this.jobs.values()) {
      const isBegun = job.isLoad ? withLoads : ((begun - job.place) | 0) >= 0;
      if (isBegun && this.markEntered(job)) hasMade = true;
    }
    return hasMade;
  }

  /** The engine has entered all that was sent. */
  markAllEntered(): void {
    for (const job of this.jobs.values()) this.markEntered(job);
  }

  /** Takes back a job that was not entered. The engine may run it all the same: nobody listens, and it does not get it again meanwhile. */
  takeBack(job: Job): void {
    if (job.batch) this.#leaveBacklog(job, job.batch);
    job.batch = undefined;
    job.lane = undefined;
    job.run -= 1; // it does not count as a run
  }

  /** Forgets a batch that the engine is done with. Returns jobs of it that got no outcome. */
  closeBatch(batch: Batch): Job[] {
    const missing: Job[] = [];
    for (const job of batch.jobs) {
      if (this.jobs.get(job.callId) !== job) continue;
      this.markEntered(job);
      this.jobs.delete(job.callId);
      if (this.owns(job)) missing.push(job);
    }
    return missing;
  }

  #surcharge(job: Job): number {
    const { extension } = job;
    if (extension.isKnown || this.#unknown.has(extension)) return 0;
    this.#unknown.set(extension, job);
    return UNKNOWN_COST_MS;
  }

  #leaveBacklog(job: Job, batch: Batch): boolean {
    if (this.#unknown.get(job.extension) === job) this.#unknown.delete(job.extension);
    this.backlogMs = Math.max(this.backlogMs - job.costMs, 0);
    batch.unentered -= 1;
    if (batch.unentered > 0) return false;
    this.openBatches -= 1;
    return true;
  }
}
