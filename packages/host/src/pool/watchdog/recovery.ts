import { SandglassError } from '@sandglass/core';

import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { Job } from '../jobs/job.js';
import type { Lane } from '../lanes/lane.js';
import type { LaneSet } from '../lanes/lane-set.js';
import type { Run } from '../lanes/run.js';
import type { Ledger } from '../jobs/ledger.js';

/** A call runs this often at the most; each time but the last its lane was lost. */
const MAX_RUNS = 4;
/** The same for a call that its lane was in when it died: it may be the cause. */
const MAX_DEATHS_INSIDE = 2;

/** What recovery works with. */
export interface RecoveryParts {
  ledger: Ledger;
  lanes: LaneSet;
  dispatcher: Dispatcher;
  /** Runs of a call at the most; of a load there may be 4. @default 4 */
  maxRuns?: number | undefined;
}

/**
 * Decides about calls whose lane is lost or stalled: they run again if no effect would happen
 * twice, else they fail.
 */
export class Recovery {
  readonly #ledger: Ledger;
  readonly #lanes: LaneSet;
  readonly #dispatcher: Dispatcher;
  readonly #maxRuns: number;
  /** Runs that were begun again after a loss. */
  reruns = 0;
  /** Calls that were taken from a stalled lane before they began. */
  moved = 0;

  constructor({ ledger, lanes, dispatcher, maxRuns = MAX_RUNS }: RecoveryParts) {
    this.#ledger = ledger;
    this.#lanes = lanes;
    this.#dispatcher = dispatcher;
    this.#maxRuns = maxRuns;
  }

  /** Moves the calls behind a long call to other lanes, if there are any for them. */
  moveQueuedCalls(stalled: Lane): void {
    if (stalled.condition === 'overdue') this.#lanes.start();
    // one that is full will have room soon
    if (!this.#lanes.canGrow && !this.#lanes.all.some((lane) => lane.isOpen)) return;
    for (const run of stalled.runs.values().filter(isMovable).toReversed()) {
      stalled.takeBack(run);
      this.moved += 1;
      this.#dispatcher.requeue(run.job);
    }
  }

  /** Removes a lane that is dead or has to be ended. Its jobs run again or fail. */
  lose(lane: Lane, how: 'lost' | 'killed', reason?: Error): void {
    const runningId = lane.watch.read(lane.link.slots);
    const wasUp = lane.isUp;
    this.#lanes.remove(lane, how, reason);
    const suspect = how === 'lost' ? lane.runs.get(runningId) : undefined;
    if (suspect) suspect.job.deathsInside += 1;
    const wanted = lane.runs.values().filter(({ isWanted }) => isWanted);
    lane.runs.clear();
    this.runAgain(wanted, reason);
    if (this.#lanes.isHopeless) this.giveUp();
    this.#lanes.keepMinimum();
    if (wasUp && (lane.role === 'normal' || lane.role === 'spare')) this.#lanes.start();
    this.#dispatcher.schedule();
  }

  /** Queues the jobs of lost runs again, if no effect would happen twice. */
  runAgain(runs: Run[], reason?: Error): void {
    for (const run of runs.toReversed()) {
      run.isCurrent = false;
      const { job } = run;
      job.endRun();
      const refusal = whyNotAgain(job, this.#maxRuns);
      if (refusal) {
        const message = `Cannot finish "${job.extension.wire.name}": its worker was lost, and ${refusal}`;
        this.#ledger.reject(job, new SandglassError('E_WORKER_LOST', message, { ...job.origin, cause: reason }));
      } else {
        this.reruns += 1;
        this.#dispatcher.requeue(job);
      }
    }
  }

  /** The error of a job that cannot run because no lane starts. */
  hopeless(name?: string, callId?: number): SandglassError {
    const { failures, lastFailure, absence } = this.#lanes;
    const why =
      absence ?? `${failures} workers in a row failed, the last one with: ${lastFailure?.message ?? 'unknown'}`;
    const message = `Cannot ${name === undefined ? 'start' : `run "${name}"`}: ${why}`;
    return new SandglassError('E_WORKER_LOST', message, { extension: name, callId, cause: lastFailure });
  }

  /** Rejects all jobs, because no lane starts. */
  giveUp(): void {
    for (const job of [...this.#ledger]) {
      this.#ledger.reject(job, this.hopeless(job.extension.wire.name, job.origin.callId));
    }
  }
}

function isMovable(run: Run): boolean {
  return run.isWanted && !run.isEntered && !run.job.isLoad && !run.job.extension.isPersistent;
}

function whyNotAgain(job: Job, maxRuns: number): string | undefined {
  if (job.state === 'answered') return 'its caller has the answer';
  if (job.effects > 0) return 'another run would repeat its effects';
  if (job.deathsInside >= MAX_DEATHS_INSIDE) return `the worker died in this very call ${job.deathsInside} times`;
  if (job.runs >= (job.isLoad ? MAX_RUNS : maxRuns)) return `so were the workers of ${job.runs - 1} runs before`;
  return undefined;
}
