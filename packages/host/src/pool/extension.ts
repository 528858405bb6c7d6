import { LinkedList, type ExtensionWire, type InstallWire } from '@sandglass/core';

import type { Job } from './job.js';
import type { LaneState } from './lane-state.js';
import { CallCounters } from './stats.js';

/** Guess for an extension that has not run yet, in CPU milliseconds per call: small enough for batches, large enough to be careful. */
const FIRST_COST_MS = 0.1;
/** What a call costs at least: entering the sandbox and restoring it. */
const LEAST_COST_MS = 0.02;
/** Weight of the newest call in the running mean: the last ten or so decide. The first counts in full. */
const COST_WEIGHT = 0.1;

/** An extension as the pool keeps it, from its load to its unload. */
export class PoolExtension {
  readonly wire: ExtensionWire;
  /** Set once it is loaded: what a lane needs before its first call. */
  install: InstallWire | undefined;
  /** Names of the capabilities it may call. */
  readonly capabilities: ReadonlySet<string>;
  readonly waiting: LinkedList<Job> = new LinkedList();
  readonly counters: CallCounters = new CallCounters();
  /** Accepted and not settled. */
  live = 0;
  /** CPU time that a call of it is expected to take. */
  costMs: number = FIRST_COST_MS;
  /** Whether a call of it has ended. */
  isKnown = false;
  /** Where its one sandbox lives, if it is persistent. */
  home: LaneState | undefined;
  unloading = false;
  /** Told when `live` falls to 0 while unloading. */
  onDrained: (() => void) | undefined;

  constructor(wire: ExtensionWire) {
    this.wire = wire;
    this.capabilities = new Set(wire.capabilities.map(({ name }) => name));
  }

  get isPersistent(): boolean {
    return this.wire.isolation === 'persistent';
  }

  /** Learns from a call that has run. */
  learnCost(cpuTimeMs: number): void {
    const costMs = Math.min(Math.max(cpuTimeMs, LEAST_COST_MS), this.wire.limits.cpuTimeMs);
    this.costMs += (costMs - this.costMs) * (this.isKnown ? COST_WEIGHT : 1);
    this.isKnown = true;
  }
}
