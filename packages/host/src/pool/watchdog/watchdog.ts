import { SLOT } from '@sandglass/core';

import type { Dispatcher } from '../dispatch/dispatcher.js';
import { limitError } from '../jobs/call-errors.js';
import type { Job } from '../jobs/job.js';
import type { Ledger } from '../jobs/ledger.js';
import type { Lane } from '../lanes/lane.js';
import type { LaneSet } from '../lanes/lane-set.js';
import type { Run } from '../lanes/run.js';
import { GRACE_MS, IDLE_LOAD_MS, REPLACE_AFTER_MS, STALL_MS, STOP_AFTER_MS, TICK_MS } from '../lanes/slice-watch.js';
import type { Relief } from '../memory/relief.js';
import type { Recovery } from './recovery.js';

/** What the watchdog works with. */
export interface WatchdogParts {
  ledger: Ledger;
  lanes: LaneSet;
  dispatcher: Dispatcher;
  recovery: Recovery;
  relief: Relief;
}

/** Watches deadlines and lanes while there is something to watch, on the ledger's clock. */
export class Watchdog {
  readonly #ledger: Ledger;
  readonly #lanes: LaneSet;
  readonly #dispatcher: Dispatcher;
  readonly #recovery: Recovery;
  readonly #relief: Relief;
  #timer: NodeJS.Timeout | undefined;

  constructor({ ledger, lanes, dispatcher, recovery, relief }: WatchdogParts) {
    this.#ledger = ledger;
    this.#relief = relief;
    this.#lanes = lanes;
    this.#dispatcher = dispatcher;
    this.#recovery = recovery;
  }

  /** Call it whenever something is accepted. */
  start(): void {
    this.#timer ??= setInterval(() => this.tick(), TICK_MS);
    this.#relief.start();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  tick(): void {
    const nowMs = this.#ledger.clock.tick();
    this.#ledger.expire(nowMs);
    if (this.#lanes.absence !== undefined) this.#recovery.giveUp();
    let isBusy = this.#ledger.size > 0;
    for (const lane of [...this.#lanes.all]) {
      lane.ignoredThisTick = 0;
      if (lane.runs.size > 0) {
        isBusy = true;
        if (lane.isUp && lane.link.slots) this.#judge(lane, lane.link.slots, nowMs);
      } else if (lane.isUp) {
        this.#moveOn(lane, 'ready');
        lane.heartbeat.rest();
      }
    }
    if (isBusy) this.#relief.tick(this.#dispatcher.queued > 0);
    else this.stop();
  }

  /**
   * Call it when a lane has reported something: it may have left the call that it was stalled in,
   * and need not wait for a tick.
   */
  heard(lane: Lane): void {
    if (lane.isStalled && lane.watch.read(lane.link.slots) !== lane.watch.callId) this.#moveOn(lane, 'ready');
  }

  #judge(lane: Lane, slots: Int32Array, nowMs: number): void {
    const { watch } = lane;
    watch.sample(slots, nowMs);
    const isQuiet = watch.elapsedMs >= STALL_MS;
    if (isQuiet) this.#updateBacklog(lane, slots);
    if (watch.callId === 0) {
      this.#moveOn(lane, isQuiet ? 'quiet' : 'ready');
      return this.#checkHeartbeat(lane, nowMs);
    }
    if (!isQuiet) return this.#moveOn(lane, 'ready');
    const run = lane.runs.get(watch.callId);
    if (run) lane.markEntered(run);
    const overMs = watch.elapsedMs - limitMs(lane, run?.job);
    lane.become(overMs >= REPLACE_AFTER_MS ? 'overdue' : 'stalled');
    lane.stalledIn = run?.job.extension;
    this.#recovery.moveQueuedCalls(lane);
    if (overMs >= STOP_AFTER_MS) watch.stop(slots);
    if (overMs >= GRACE_MS) this.#end(lane, run);
  }

  /** Reads what a quiet lane has begun: calls that are queued behind it may go elsewhere. */
  #updateBacklog(lane: Lane, slots: Int32Array): void {
    const isLoadSuspended = lane.watch.callId === 0 && lane.watch.elapsedMs >= IDLE_LOAD_MS;
    if (lane.markBegun(Atomics.load(slots, SLOT.begun), isLoadSuspended)) this.#lanes.trim();
    this.#dispatcher.schedule();
  }

  /** No call is to blame for a thread that hangs in the host's own code. */
  #checkHeartbeat(lane: Lane, nowMs: number): void {
    const found = lane.heartbeat.check(nowMs, lane.watch.elapsedMs, lane.engineStats);
    if (found === 'ask') lane.link.requestStats();
    else if (found === 'hangs') this.#recovery.lose(lane, 'killed');
  }

  #end(lane: Lane, run: Run | undefined): void {
    const { elapsedMs } = lane.watch;
    if (run?.isWanted === true) {
      const { job } = run;
      const name = job.isLoad ? 'loadTimeMs' : 'cpuTimeMs';
      const limit = { name, value: job.limits[name], used: elapsedMs } as const;
      this.#ledger.reject(job, limitError('E_CPU', job.origin, limit));
    }
    run?.job.extension.learnCost(elapsedMs);
    this.#recovery.lose(lane, 'killed');
  }

  /**
   * Notes that a lane makes progress, or is between slices. One that was stalled takes calls again.
   */
  #moveOn(lane: Lane, next: 'ready' | 'quiet'): void {
    const wasStalled = lane.isStalled;
    lane.become(wasStalled ? 'ready' : next);
    if (wasStalled) this.#resumed();
  }

  /** A lane takes more calls: it was stalled and goes on, or has begun those that it had. */
  #resumed(): void {
    this.#lanes.trim();
    this.#dispatcher.schedule();
  }
}

/**
 * The time limit of the call that a lane is in. If the lane was not sent that call, it is the
 * longest limit of the extensions on it.
 */
function limitMs(lane: Lane, job: Job | undefined): number {
  if (job) return job.isLoad ? job.limits.loadTimeMs : job.limits.cpuTimeMs;
  let mostMs = 0;
  for (const { wire } of lane.installed.values()) mostMs = Math.max(mostMs, wire.limits.cpuTimeMs);
  return mostMs;
}
