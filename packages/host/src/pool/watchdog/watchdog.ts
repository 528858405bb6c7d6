import { SLOT } from '@sandglass/core';

import { VirtualClock } from '../../time/virtual-clock.js';
import { limitError } from '../jobs/call-errors.js';
import type { Job } from '../jobs/job.js';
import type { Lane } from '../lanes/lane.js';
import type { Ledger } from '../jobs/ledger.js';
import { GRACE_MS, IDLE_LOAD_MS, REPLACE_AFTER_MS, STALL_MS, STOP_AFTER_MS, TICK_MS } from '../lanes/slice-watch.js';

/** Time that may pass between two ticks and still count: above what a busy event loop takes, below what a limit could notice. */
const MAX_STEP_MS = 20;

export interface WatchdogOptions {
  ledger: Ledger;
  lanes(): readonly Lane[];
  /** A lane has been in one call for long: place what waits behind it elsewhere. */
  stalled(lane: Lane): void;
  /** A lane has not got on for a while: what waits for it need not. */
  quiet(lane: Lane): void;
  /** A lane takes more calls: it was stalled and goes on, or has begun those that it had. */
  resumed(lane: Lane): void;
  /** A lane has to be ended; whom to blame, if anyone, is settled. */
  overran(lane: Lane): void;
  realNowMs?: (() => number) | undefined;
}

/**
 * Watches deadlines and lanes while there is something to watch, on a clock that does not run while this thread cannot.
 */
export class Watchdog {
  readonly clock: VirtualClock;
  readonly #options: WatchdogOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.clock = new VirtualClock(MAX_STEP_MS, options.realNowMs);
  }

  /** Call it whenever something is accepted. */
  start(): void {
    this.#timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  tick(): void {
    const nowMs = this.clock.tick();
    const { ledger } = this.#options;
    ledger.expire(nowMs);
    let isBusy = ledger.size > 0;
    for (const lane of [...this.#options.lanes()]) {
      lane.ignoredThisTick = 0;
      if (lane.jobs.size === 0) {
        this.#resume(lane);
        lane.isQuiet = false;
        lane.heartbeat.rest();
        continue;
      }
      isBusy = true;
      this.#judge(lane, nowMs);
    }
    if (!isBusy) this.stop();
  }

  /** A lane has reported something: it may be out of the call that it was stalled in, and need not wait for a tick. */
  heard(lane: Lane): void {
    if (lane.isStalled && lane.watch.read(lane.lane.slots) !== lane.watch.callId) this.#resume(lane);
  }

  #judge(lane: Lane, nowMs: number): void {
    const { slots } = lane.lane;
    if (!slots || lane.status !== 'ready') return;
    const { watch } = lane;
    watch.sample(slots, nowMs);
    const isBetweenSlices = watch.callId === 0;
    const withLoads = isBetweenSlices && watch.elapsedMs >= IDLE_LOAD_MS;
    lane.isQuiet = watch.elapsedMs >= STALL_MS;
    if (lane.isQuiet && lane.markBegun(Atomics.load(slots, SLOT.begun), withLoads)) this.#options.resumed(lane);
    else if (lane.isQuiet) this.#options.quiet(lane);
    if (isBetweenSlices) {
      this.#resume(lane);
      return this.#checkHeartbeat(lane, nowMs);
    }
    if (watch.elapsedMs < STALL_MS) return this.#resume(lane);
    const job = lane.jobs.get(watch.callId);
    if (job) lane.markEntered(job);
    lane.isStalled = true;
    lane.stalledIn = job?.extension;
    const overMs = watch.elapsedMs - limitMs(lane, job);
    lane.isOverdue = overMs >= REPLACE_AFTER_MS;
    this.#options.stalled(lane);
    if (overMs >= STOP_AFTER_MS) watch.stop(slots);
    if (overMs >= GRACE_MS) this.#end(lane, job);
  }

  /** No call is to blame for a thread that hangs in the host's own code. */
  #checkHeartbeat(lane: Lane, nowMs: number): void {
    const found = lane.heartbeat.check(nowMs, lane.watch.elapsedMs, lane.engineStats);
    if (found === 'ask') lane.lane.requestStats();
    else if (found === 'hangs') this.#options.overran(lane);
  }

  #end(lane: Lane, job: Job | undefined): void {
    if (job && lane.owns(job)) {
      const name = job.isLoad ? 'loadTimeMs' : 'cpuTimeMs';
      this.#options.ledger.reject(
        job,
        limitError('E_CPU', job.origin, { name, value: job.limits[name], used: lane.watch.elapsedMs }),
      );
    }
    job?.extension.learnCost(lane.watch.elapsedMs);
    this.#options.overran(lane);
  }

  #resume(lane: Lane): void {
    if (!lane.isStalled) return;
    lane.isStalled = false;
    lane.isOverdue = false;
    lane.stalledIn = undefined;
    this.#options.resumed(lane);
  }
}

/** What the call that a lane is in may take. One that the lane was not sent is allowed what any on the lane is. */
function limitMs(lane: Lane, job: Job | undefined): number {
  if (job) return job.isLoad ? job.limits.loadTimeMs : job.limits.cpuTimeMs;
  let mostMs = 0;
  for (const { wire } of lane.installed.values()) mostMs = Math.max(mostMs, wire.limits.cpuTimeMs);
  return mostMs;
}
