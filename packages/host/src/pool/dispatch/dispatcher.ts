import { LinkedList, type CallWire, type InstallWire } from '@sandglass/core';

import type { Job } from '../jobs/job.js';
import type { Lane } from '../lanes/lane.js';
import type { LaneSet } from '../lanes/lane-set.js';
import { chooseLane, chooseLoader, SPILL_MS } from './placement.js';
import { FairQueue } from './fair-queue.js';

/** What a load counts as in a lane's backlog, in CPU milliseconds: calls go elsewhere if they can. */
const LOAD_COST_MS = 20;

/** For so long after the last call, one of several lanes is left to calls: a load in their way takes 2 to 300 ms, and reloading a host makes hundreds. */
const CALLS_GO_ON_MS = 20;

/** From here on, what goes to an idle lane goes in halves: while this thread deals with the first, the lane is in the second. */
const SPLIT_LENGTH = 8;

/** A call that may take longer than this begins a batch: the outcomes of what is before it would wait for its end. */
const COSTLY_MS = 1;

/** Runs after which a job whose lanes were lost goes to a lane of its own: it, or what was beside it, may be the cause. */
const SHARED_RUNS = 2;

/** What lanes answer to what the dispatcher sends. */
export interface Replies {
  batchDone(lane: Lane, jobs: LaneBatch, outcomes: unknown): void;
  loadDone(lane: Lane, job: Job, reply: unknown): void;
  /** A load is about to begin. */
  loadBegins(job: Job): void;
}

type LaneBatch = ReturnType<Lane['openBatch']>;

/** Sends what waits to where there is room, all that is possible at once. */
export class Dispatcher {
  readonly queue: FairQueue = new FairQueue();
  readonly loads: LinkedList<Job> = new LinkedList();
  /** Jobs that run alone. */
  readonly isolated: LinkedList<Job> = new LinkedList();
  readonly #lanes: LaneSet;
  readonly #replies: Replies;
  readonly #cores: number;
  #isScheduled = false;
  #lastCallMs = -Infinity;
  readonly #run = (): void => this.flush();

  /** @param cores that the process may use. */
  constructor(lanes: LaneSet, replies: Replies, cores: number) {
    this.#cores = cores;
    this.#lanes = lanes;
    this.#replies = replies;
  }

  /** Calls and loads that wait for a lane. */
  get waiting(): number {
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

  /** Puts a job that was sent before in front. */
  requeue(job: Job): void {
    const list = runsAlone(job) ? this.isolated : job.isLoad ? this.loads : undefined;
    if (list) job.queued = list.unshift(job);
    else this.queue.unshift(job);
    this.schedule();
  }

  remove(job: Job): void {
    const list = runsAlone(job) ? this.isolated : job.isLoad ? this.loads : undefined;
    if (!list) return this.queue.remove(job);
    if (job.queued) list.remove(job.queued);
    job.queued = undefined;
  }

  /** Flushes once this thread has nothing more to add: after the promise jobs, so that a burst of calls goes together. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.#run);
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

  #placeIsolated(lanes: readonly Lane[]): void {
    for (let job = this.isolated.first; job; job = this.isolated.first) {
      const lane = lanes.find(({ isFreeIsolation }) => isFreeIsolation);
      if (!lane) return;
      this.remove(job);
      if (job.isLoad) this.#sendLoad(lane, job);
      else lane.put(job);
    }
  }

  #placeLoads(lanes: readonly Lane[]): void {
    if (this.loads.size === 0) return;
    const isSpared = performance.now() - this.#lastCallMs < CALLS_GO_ON_MS;
    for (let job = this.loads.first; job; job = this.loads.first) {
      const lane = chooseLoader(lanes, isSpared);
      if (!lane) return;
      this.remove(job);
      this.#sendLoad(lane, job);
    }
  }

  #placeCalls(lanes: readonly Lane[]): void {
    if (this.queue.size === 0) return;
    for (const lane of lanes) lane.look();
    let skipped = 0;
    while (skipped < this.queue.extensions && lanes.some(hasRoom)) {
      const job = this.queue.peek();
      if (!job) return;
      const lane = chooseLane(job, this.#lanes);
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
      lane.lane.abort(lane.aborts);
      lane.aborts = [];
    }
    if (lane.settlements.length > 0) {
      lane.lane.settle(lane.settlements);
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
    const batch = lane.openBatch(length);
    for (const job of batch.jobs) {
      const { extension } = job;
      if (!lane.installed.has(extension.wire.id)) {
        lane.installed.set(extension.wire.id, extension);
        if (extension.install) install.push(extension.install);
      }
      job.beginRun();
      if (job.sentMs === 0) extension.counters.queueMs.record(sentMs - job.acceptedMs);
      job.sentMs = sentMs;
      calls.push({ callId: job.callId, extensionId: extension.wire.id, handler: job.handler, argument: job.argument });
    }
    const idleCores = this.#idleCores;
    lane.lane.batch({ install, calls, idleCores }, (outcomes) => this.#replies.batchDone(lane, batch, outcomes));
  }

  /** Cores without the lanes that have work. */
  get #idleCores(): number {
    let idle = this.#cores;
    for (const { jobs } of this.#lanes.all) if (jobs.size > 0) idle -= 1;
    return idle;
  }

  #sendLoad(lane: Lane, job: Job): void {
    job.lane = lane;
    lane.installed.set(job.extension.wire.id, job.extension);
    job.costMs = LOAD_COST_MS;
    job.batch = { jobs: [job], unentered: 1 };
    lane.jobs.set(job.callId, job);
    lane.openBatches += 1;
    lane.backlogMs += LOAD_COST_MS;
    job.beginRun();
    job.sentMs = performance.now();
    this.#replies.loadBegins(job);
    lane.lane.load(job.extension.wire, job.snapshot, (reply) => this.#replies.loadDone(lane, job, reply));
  }

  /** Starts lanes for what found no room, or waits behind much on too few. */
  #grow(lanes: readonly Lane[]): void {
    if (!this.#lanes.canGrow) return;
    let starting = 0;
    let backlogMs = 0;
    for (const lane of lanes) {
      if (lane.isIsolation) continue;
      if (lane.status === 'starting') starting += 1;
      if (!lane.isLoading) backlogMs += lane.backlogMs; // a load does not go faster with more lanes
    }
    let wanted = this.queue.size + this.loads.size;
    if (wanted === 0 && backlogMs > SPILL_MS * lanes.length) wanted = 1;
    while (starting < wanted && this.#lanes.start()) starting += 1;
  }

  /** Starts isolation lanes for what waits for one, and ends those that nothing waits for. */
  #isolate(lanes: readonly Lane[]): void {
    const isolation = lanes.filter(({ isIsolation }) => isIsolation);
    if (this.isolated.size === 0) {
      for (const lane of isolation) if (lane.isFreeIsolation) this.#lanes.remove(lane, 'retired');
      return;
    }
    let starting = isolation.filter(({ status }) => status === 'starting').length;
    while (starting < this.isolated.size && this.#lanes.start(true)) starting += 1;
  }
}

/** Index of the first job but the first that may take long; -1 if there is none. */
function nextCostly(jobs: readonly Job[]): number {
  return jobs.findIndex(({ costMs }, i) => i > 0 && costMs > COSTLY_MS);
}

function runsAlone(job: Job): boolean {
  return job.run >= SHARED_RUNS && !job.extension.isPersistent;
}

function hasRoom(lane: Lane): boolean {
  return lane.hasRoom;
}
