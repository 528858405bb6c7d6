import { LinkedList, type CallWire, type InstallWire } from '@sandglass/core';

import { CALLS_GO_ON_MS, COLD_START_MS, COSTLY_MS, MAX_BATCH_LENGTH, SPLIT_LENGTH } from '../cost-model.js';
import type { Job } from '../jobs/job.js';
import type { Admission } from '../memory/admission.js';
import type { Ledger, Releaser } from '../jobs/ledger.js';
import type { Queued } from '../jobs/pool-extension.js';
import type { CallTerms } from '../links/lane-link.js';
import type { Lane } from '../lanes/lane.js';
import type { LaneSet } from '../lanes/lane-set.js';
import type { Run } from '../lanes/run.js';
import { GRACE_MS } from '../lanes/slice-watch.js';
import { chooseLane, chooseLoader } from './placement.js';
import { FairQueue } from './fair-queue.js';

/**
 * Calls under way from which on a batch may wait for the turn of the event loop to end: with fewer,
 * somebody waits for each. That saves the main thread 7 % of a request over HTTP with 64
 * connections (one-off), and 14 % of a call with 16 in flight on one thread. With more calls than
 * fill a batch, waiting gathers nothing: 256 in flight lost 30 % of their throughput
 * (`pnpm bench --only pool-in-flight`, as the figure before).
 */
const MANY_CALLS = 8;

/** A runner that has not answered for so long may be gone: another one is asked as well. */
const OPENS_WITHIN_MS = 50;

/**
 * What a load gets beyond `loadTimeMs`, so that its engine, or else the watchdog, ends it first and
 * knows why.
 */
const LOAD_SLACK_MS = 2 * GRACE_MS;

/**
 * Runs after which a job whose lanes were lost goes to a lane of its own: it, or what was beside
 * it, may be the cause.
 */
const SHARED_RUNS = 2;

/** Sends queued jobs to lanes that have room, as many as possible at once. */
export class Dispatcher implements Releaser {
  readonly queue: FairQueue = new FairQueue();
  readonly loads: LinkedList<Queued> = new LinkedList();
  /** Jobs that run alone. */
  readonly isolated: LinkedList<Queued> = new LinkedList();
  readonly #ledger: Ledger;
  readonly #lanes: LaneSet;
  readonly #admission: Admission;
  readonly #cores: number;
  #isScheduled = false;
  #lastCallMs = -Infinity;
  readonly #run = (): void => this.flush();

  /** @param cores that the process may use. */
  constructor(ledger: Ledger, lanes: LaneSet, admission: Admission, cores: number) {
    this.#ledger = ledger;
    this.#lanes = lanes;
    this.#admission = admission;
    this.#cores = cores;
    ledger.releaser = this;
    lanes.onRetry = () => this.schedule();
  }

  /** Calls and loads that wait for a lane. */
  get queued(): number {
    return this.queue.size + this.loads.size + this.isolated.size;
  }

  enqueue(job: Job): void {
    if (job.isLoad) job.queued = this.loads.push(job);
    else {
      this.queue.push(job);
      this.#lastCallMs = job.acceptedMs;
    }
    this.schedule();
  }

  /** Queues a job that was sent before, in front of the others. */
  requeue(job: Job): void {
    job.state = 'queued';
    const list = this.#listOf(job);
    if (list) job.queued = list.unshift(job);
    else this.queue.unshift(job);
    this.schedule();
  }

  release(job: Job): void {
    if (job.state === 'queued') return this.#remove(job);
    const lane = this.#lanes.laneOf(job);
    if (!lane) return;
    lane.aborts.push(job.callId);
    this.schedule();
  }

  /**
   * Flushes once this thread has nothing more to add: after the promise jobs, so that a burst of
   * calls goes together. With many under way, up to a batch of them, after all that this turn of
   * the event loop has read: each request of a server comes in a callback of its own.
   */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const { size } = this.#ledger;
    if (size >= MANY_CALLS && size <= MAX_BATCH_LENGTH) setImmediate(this.#run);
    else process.nextTick(this.#run);
  }

  flush(): void {
    this.#isScheduled = false;
    const lanes = this.#lanes.all;
    this.#placeIsolated(lanes);
    this.#placeCalls(lanes); // before loads, each of which fills its lane
    this.#placeLoads(lanes);
    for (const lane of lanes) this.#send(lane);
    this.#grow(lanes);
    this.#isolate(lanes);
  }

  /** The list of a job that is not in the fair queue: a load, or a job that runs alone. */
  #listOf(job: Job): LinkedList<Queued> | undefined {
    // a runner looks after that by itself
    if (job.runs >= SHARED_RUNS && !job.extension.isPersistent && this.#lanes.hasOwn) return this.isolated;
    return job.isLoad ? this.loads : undefined;
  }

  #remove(job: Job): void {
    const list = this.#listOf(job);
    if (!list) return this.queue.remove(job);
    if (job.queued) list.remove(job.queued);
    job.queued = undefined;
  }

  #placeIsolated(lanes: readonly Lane[]): void {
    for (const queued of this.isolated) {
      const lane = lanes.find(({ role, isIdle }) => role === 'isolation' && isIdle);
      if (!lane) return;
      const job = queued as Job; // only jobs are pushed here
      this.#remove(job);
      if (job.isLoad) this.#sendLoad(lane, job);
      else lane.put(job);
    }
  }

  #placeLoads(lanes: readonly Lane[]): void {
    if (this.loads.size === 0) return;
    const isSpared = performance.now() - this.#lastCallMs < CALLS_GO_ON_MS;
    for (const queued of this.loads) {
      const lane = chooseLoader(lanes, isSpared, this.#lanes.hasOwn);
      if (!lane) return;
      const job = queued as Job; // only jobs are pushed here
      this.#remove(job);
      this.#sendLoad(lane, job);
    }
  }

  #placeCalls(lanes: readonly Lane[]): void {
    if (this.queue.size === 0) return;
    for (const lane of lanes) lane.look();
    this.#admission.look(this.queue.extensions, this.#ledger.size - this.queued);
    let skipped = 0;
    while (skipped < this.queue.extensions && lanes.some(hasRoom)) {
      const job = this.queue.peek();
      if (!job) return;
      const lane = this.#admission.admits(job.extension) ? chooseLane(job, this.#lanes) : undefined;
      if (lane) {
        this.queue.take(job);
        lane.put(job);
        skipped = 0;
      } else {
        this.queue.skip();
        skipped += 1;
      }
    }
  }

  #send(lane: Lane): void {
    if (lane.aborts.length > 0) {
      lane.link.abort(lane.aborts);
      lane.aborts = [];
    }
    if (lane.settlements.length > 0) {
      lane.link.settle(lane.settlements);
      lane.settlements = [];
    }
    for (let before = nextCostly(lane.outbox); before > 0; before = nextCostly(lane.outbox))
      this.#sendBatch(lane, before);
    if (lane.outbox.length >= SPLIT_LENGTH && lane.openBatches === 0) this.#sendBatch(lane, lane.outbox.length >> 1);
    if (lane.outbox.length > 0) this.#sendBatch(lane, lane.outbox.length);
  }

  #sendBatch(lane: Lane, length: number): void {
    const install: InstallWire[] = [];
    const calls: CallWire[] = [];
    const sentMs = performance.now();
    const terms: CallTerms[] | undefined = lane.role === 'remote' ? [] : undefined;
    const { id, batch } = lane.openBatch(length);
    for (const { job } of batch.runs) {
      const { extension } = job;
      if (!lane.installed.has(extension.wire.id)) {
        lane.installed.set(extension.wire.id, extension);
        if (extension.install) install.push(extension.install);
      }
      terms?.push({ leftMs: this.#ledger.leftMs(job), runs: job.runs, trace: job.trace });
      job.runs += 1;
      if (job.sentMs === 0) extension.counters.queueMs.record(sentMs - job.acceptedMs);
      job.sentMs = sentMs;
      calls.push({ callId: job.callId, extensionId: extension.wire.id, handler: job.handler, argument: job.argument });
    }
    lane.link.batch({ id, install, calls, idleCores: this.#idleCores, ...(terms && { terms }) });
  }

  /** Cores without the lanes that have work. */
  get #idleCores(): number {
    let idle = this.#cores;
    for (const { runs, role } of this.#lanes.all) if (runs.size > 0 && role !== 'remote') idle -= 1;
    return idle;
  }

  #sendLoad(lane: Lane, job: Job): void {
    const { extension } = job;
    lane.installed.set(extension.wire.id, extension);
    lane.openLoad(job);
    job.runs += 1;
    job.sentMs = performance.now();
    this.#ledger.restartDeadline(job, job.limits.loadTimeMs + LOAD_SLACK_MS);
    lane.link.load(extension.wire, job.snapshot);
  }

  /** Starts lanes for jobs that found no room, or whose lanes have a long backlog. */
  #grow(lanes: readonly Lane[]): void {
    if (!this.#lanes.canGrow) return this.#growRemote(lanes);
    let starting = 0;
    let backlogMs = 0;
    for (const lane of lanes) {
      if (lane.role === 'isolation' || lane.role === 'remote') continue;
      if (lane.condition === 'starting') starting += 1;
      if (!lane.isLoading) backlogMs += lane.backlogMs; // a load does not go faster with more lanes
    }
    let wanted = this.queue.size + this.loads.size;
    if (wanted === 0 && backlogMs > COLD_START_MS * lanes.length) wanted = 1;
    while (starting < wanted && this.#lanes.start()) starting += 1;
  }

  /**
   * Opens a lane to a runner, one after the other, for what found no room on the lanes there are.
   * Loads wait for lanes of this process, if it may have any.
   */
  #growRemote(lanes: readonly Lane[]): void {
    if (this.queue.size === 0 && (this.loads.size === 0 || this.#lanes.hasOwn)) return;
    const sinceMs = performance.now() - OPENS_WITHIN_MS;
    const isOpening = lanes.some((lane) => lane.role === 'remote' && !lane.isUp && lane.startedMs > sinceMs);
    if (!isOpening) this.#lanes.startRemote();
  }

  /** Starts isolation lanes for the jobs that need one, and retires those that no job needs. */
  #isolate(lanes: readonly Lane[]): void {
    const isolation = lanes.filter(({ role }) => role === 'isolation');
    if (this.isolated.size === 0) {
      for (const lane of isolation) if (lane.isIdle) this.#lanes.remove(lane, 'retired');
      return;
    }
    let starting = isolation.filter(({ condition }) => condition === 'starting').length;
    while (starting < this.isolated.size && this.#lanes.startIsolation()) starting += 1;
  }
}

/** Index of the first run but the first that may take long; -1 if there is none. */
function nextCostly(runs: readonly Run[]): number {
  return runs.findIndex(({ costMs }, i) => i > 0 && costMs > COSTLY_MS);
}

function hasRoom(lane: Lane): boolean {
  return lane.hasRoom;
}
