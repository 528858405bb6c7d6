import type { Job } from '../jobs/job.js';

/** Jobs that were sent to a lane together. */
export interface Batch {
  runs: Run[];
  /** How many of them the engine is not known to have entered. */
  unentered: number;
}

/** One run of a job, on one lane. A class, no literal: see `LinkedList` in core. */
export class Run {
  readonly job: Job;
  /** Milliseconds that it adds to the lane's backlog, until it is entered. */
  readonly costMs: number;
  batch: Batch | undefined;
  /** Its number among all calls that its lane was sent, from 1. */
  position = 0;
  /** Whether its engine is known to have entered it. */
  isEntered = false;
  /** Whether the lane is still to run it: not taken back, and not lost. */
  isCurrent = true;

  lastSeq = 0;
  pendingCapabilityCalls = 0;
  capabilityCalls = 0;
  logLines = 0;
  logBytes = 0;

  constructor(job: Job, costMs: number) {
    this.job = job;
    this.costMs = costMs;
  }

  /** Whether the reports of its engine about it count. */
  get isWanted(): boolean {
    return this.isCurrent && !this.job.isSettled;
  }
}
