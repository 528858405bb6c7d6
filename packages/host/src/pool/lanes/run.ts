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
  /** What the lane's backlog counts it as, until it is entered. */
  readonly costMs: number;
  batch: Batch | undefined;
  /** Which of all calls that its lane was sent it is, from 1. */
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

  /** Whether what its engine says of it counts. */
  get isWanted(): boolean {
    return this.isCurrent && !this.job.isSettled;
  }
}
