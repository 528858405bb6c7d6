import { IdMap, type EngineStats, type SettlementWire } from '@sandglass/core';

import {
  CALLS_PER_ENGINE,
  LOAD_COST_MS,
  MAX_BACKLOG_MS,
  MAX_BATCH_LENGTH,
  MAX_OPEN_BATCHES,
  UNKNOWN_COST_MS,
} from '../cost-model.js';
import type { Job } from '../jobs/job.js';
import type { PoolExtension } from '../jobs/pool-extension.js';
import type { LaneDistance, LaneLink } from '../links/lane-link.js';
import { Durations } from '../stats/durations.js';
import { Condition, type LaneCondition } from './condition.js';
import { Heartbeat } from './heartbeat.js';
import type { LaneRole } from './role.js';
import { Run, type Batch } from './run.js';
import { SliceWatch } from './slice-watch.js';

const NO_ENGINE_STATS: EngineStats = {
  sandboxes: 0,
  snapshots: 0,
  restores: 0,
  replacements: 0,
  failures: 0,
  memoryBytes: 0,
};
const MAX_BATCH_ID = 2 ** 31 - 1;

/** A lane as the dispatcher sees it: the jobs that are on it, and how many more it takes. */
export class Lane {
  readonly id: number;
  readonly #condition: Condition = new Condition();
  role: LaneRole;
  /** Set by whoever starts it, before anything else can happen. */
  link!: LaneLink;
  /**
   * Runs that were sent and have no outcome yet, by call id. Settled jobs are among them, since the
   * engine may still be in them.
   */
  readonly runs: IdMap<Run> = new IdMap();
  /** Batches whose end has not been reported. */
  readonly batches: IdMap<Batch> = new IdMap();
  /** Extensions that its engine knows, by id. */
  readonly installed: IdMap<PoolExtension> = new IdMap();
  /** Persistent extensions that live here. */
  readonly residents: Set<PoolExtension> = new Set();
  readonly watch: SliceWatch = new SliceWatch();
  readonly heartbeat: Heartbeat = new Heartbeat();
  /** Extension of the call that it is stalled in. */
  stalledIn: PoolExtension | undefined;
  /** Batches that are not entered as a whole. */
  openBatches = 0;
  /**
   * Extensions that were unknown when their first call here was sent, with that call, while it is
   * not entered.
   */
  readonly #unknown: Map<PoolExtension, Job> = new Map();
  #lastBatchId = 0;
  /** Calls that it was sent. */
  #sent = 0;
  /** Expected CPU time of the runs that are sent and not entered. */
  backlogMs = 0;
  /** Jobs that are put here and not entered. */
  #unentered = 0;
  /**
   * Expected CPU time of the call that it goes on with after an answer: the backlog has it no
   * longer. See {@link look}.
   */
  resumedMs = 0;
  /** The run that was answered last, until the engine is seen at rest after it. */
  #answered: Run | undefined;
  #sliceAtAnswer = 0;
  idleSinceMs = 0;
  readonly startedMs: number = performance.now();
  /** Collected for the next flush. */
  outbox: Run[] = [];
  settlements: SettlementWire[] = [];
  aborts: number[] = [];

  engineStats: EngineStats = NO_ENGINE_STATS;
  readonly runMs: Durations = new Durations();
  outcomes = 0;
  ignored = 0;
  ignoredThisTick = 0;
  violations = 0;

  constructor(id: number, role: LaneRole = 'normal') {
    this.id = id;
    this.role = role;
  }

  get condition(): LaneCondition {
    return this.#condition.current;
  }

  /** @returns false if there is no such change. */
  become(next: LaneCondition): boolean {
    if (!this.#condition.become(next)) return false;
    if (!this.isStalled) this.stalledIn = undefined;
    return true;
  }

  /** Of a remote lane: how far it is, and what it holds. */
  get distance(): LaneDistance | undefined {
    return this.role === 'remote' ? this.link.distance : undefined;
  }

  /** Whether its engine is there. */
  get isUp(): boolean {
    return this.condition !== 'starting' && this.condition !== 'lost';
  }

  get isStalled(): boolean {
    return this.condition === 'stalled' || this.condition === 'overdue';
  }

  get isLoading(): boolean {
    for (const { job } of this.runs.values()) if (job.isLoad) return true;
    return false;
  }

  /** Whether no job is on it or in its outbox. */
  get isIdle(): boolean {
    return this.isUp && this.runs.size === 0 && this.outbox.length === 0;
  }

  /** Whether it takes calls, now or as soon as it has room. */
  get isOpen(): boolean {
    if (this.role === 'isolation' || this.distance?.engines === 0) return false;
    return this.condition === 'ready' || this.condition === 'quiet';
  }

  /** Whether it takes more calls now. */
  get hasRoom(): boolean {
    const engines = this.distance?.engines ?? 1;
    if (!this.isOpen || this.outbox.length >= MAX_BATCH_LENGTH) return false;
    if (this.role === 'remote' && this.#unentered < CALLS_PER_ENGINE * engines) return true;
    return this.openBatches < MAX_OPEN_BATCHES * engines && this.backlogMs < MAX_BACKLOG_MS * engines;
  }

  /** Whether it has, or is about to get, a job of an extension. */
  hasRunOf(extension: PoolExtension): boolean {
    const isOfIt = ({ job }: Run): boolean => job.extension === extension;
    return this.outbox.some(isOfIt) || this.runs.values().some(isOfIt);
  }

  /** Takes an answer to a capability call, to go with the next flush. */
  answer(run: Run, settlement: SettlementWire): void {
    this.settlements.push(settlement);
    this.#answered = run;
    this.#sliceAtAnswer = this.watch.readSlice(this.link.slots);
  }

  /**
   * Reads whether its engine is in a call that has just got an answer, or will be at once. Costs
   * nothing while no call has been answered.
   */
  look(): void {
    this.resumedMs = 0;
    if (!this.#answered) return;
    const { slots } = this.link;
    const hasBegun = this.watch.readSlice(slots) !== this.#sliceAtAnswer;
    const run = hasBegun ? this.runs.get(this.watch.read(slots)) : this.#answered;
    if (!run?.isWanted) this.#answered = undefined;
    else if (run.isEntered) {
      const { cost } = run.job.extension;
      this.resumedMs = cost.ms + (cost.isKnown ? 0 : UNKNOWN_COST_MS);
    }
  }

  /** Puts a job here, to go with the next batch. */
  put(job: Job): void {
    job.state = 'sent';
    const run = new Run(job, job.extension.cost.ms + this.#surcharge(job));
    this.backlogMs += run.costMs;
    this.#unentered += 1;
    this.outbox.push(run);
  }

  /** Takes the first of what was put here as one batch. */
  openBatch(length: number): { id: number; batch: Batch } {
    const batch: Batch = { runs: this.outbox.splice(0, length), unentered: length };
    const id = (this.#lastBatchId = (this.#lastBatchId % MAX_BATCH_ID) + 1);
    this.batches.set(id, batch);
    this.openBatches += 1;
    for (const run of batch.runs) {
      run.batch = batch;
      run.position = this.#sent += 1;
      this.runs.set(run.job.callId, run);
    }
    return { id, batch };
  }

  /** Puts a load here, which goes at once and by itself. */
  openLoad(job: Job): void {
    job.state = 'sent';
    const run = new Run(job, LOAD_COST_MS);
    run.batch = { runs: [run], unentered: 1 };
    this.runs.set(job.callId, run);
    this.openBatches += 1;
    this.backlogMs += run.costMs;
    this.#unentered += 1;
  }

  /** Notes that the engine has entered a job; true if that makes room for more. */
  markEntered(run: Run): boolean {
    if (!run.batch || run.isEntered || !run.isCurrent) return false;
    run.isEntered = true;
    return this.#leaveBacklog(run, run.batch);
  }

  /**
   * Notes what the engine has entered, by its own count of the calls that it has begun (it wraps
   * around).
   *
   * @param withLoads whether the loads have been entered too, and wait for something: calls need
   *   not wait for them.
   * @returns whether that makes room for more.
   */
  markBegun(begun: number, withLoads: boolean): boolean {
    let hasMade = false;
    for (const run of this.runs.values()) {
      const isBegun = run.job.isLoad ? withLoads : ((begun - run.position) | 0) >= 0;
      if (isBegun && this.markEntered(run)) hasMade = true;
    }
    return hasMade;
  }

  /** The engine has entered all that was sent. */
  markAllEntered(): void {
    for (const run of this.runs.values()) this.markEntered(run);
  }

  /**
   * Takes back a job that was not entered, as if it had not been sent. If the engine runs it all
   * the same, its outcome is ignored; this lane does not get the job again meanwhile.
   */
  takeBack(run: Run): void {
    if (run.batch) this.#leaveBacklog(run, run.batch);
    run.isCurrent = false;
    run.job.runs -= 1;
    this.aborts.push(run.job.callId);
  }

  /** Forgets a call that has no outcome. Returns it if one is wanted. */
  drop(callId: number): Run | undefined {
    const run = this.runs.get(callId);
    if (!run || run.job.isLoad) return undefined;
    this.markEntered(run);
    this.runs.delete(callId);
    return run.isWanted ? run : undefined;
  }

  /** Forgets a batch that the engine is done with. Returns runs of it that got no outcome. */
  closeBatch(id: number): Run[] {
    const missing: Run[] = [];
    const batch = this.batches.get(id);
    this.batches.delete(id);
    for (const run of batch?.runs ?? []) {
      if (this.runs.get(run.job.callId) !== run) continue;
      this.markEntered(run);
      this.runs.delete(run.job.callId);
      if (run.isWanted) missing.push(run);
    }
    return missing;
  }

  /** Forgets a load that the engine is done with. */
  closeLoad(run: Run): void {
    this.markEntered(run);
    this.runs.delete(run.job.callId);
  }

  #surcharge(job: Job): number {
    const { extension } = job;
    if (extension.cost.isKnown || this.#unknown.has(extension)) return 0;
    this.#unknown.set(extension, job);
    return UNKNOWN_COST_MS;
  }

  #leaveBacklog({ job, costMs }: Run, batch: Batch): boolean {
    if (this.#unknown.get(job.extension) === job) this.#unknown.delete(job.extension);
    this.backlogMs = Math.max(this.backlogMs - costMs, 0);
    this.#unentered -= 1;
    batch.unentered -= 1;
    if (batch.unentered > 0) return false;
    this.openBatches -= 1;
    return true;
  }
}
