import { LinkedList, type ExtensionWire, type InstallWire, type Link } from '@sandglass/core';

import type { Job } from './job.js';
import type { Lane } from '../lanes/lane.js';
import { CallCounters } from '../stats/stats.js';

/** Guess for an extension that has not run yet, in CPU milliseconds per call: small enough for batches, large enough to be careful. */
const FIRST_COST_MS = 0.1;
/**
 * CPU time of a small call at the best, when its sandbox is in the processor's caches, and on average. The host takes about as long for its own part of one, so
 * that another lane would make small calls no faster: they count as nothing.
 */
const SMALL_LEAST_MS = 0.002;
const SMALL_MEAN_MS = 0.01;
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
  /** Its place among the extensions that have calls waiting. */
  readonly turn: Link<PoolExtension> = LinkedList.link<PoolExtension>(this);
  readonly counters: CallCounters = new CallCounters();
  /** Accepted and not settled. */
  live = 0;
  #meanMs: number = FIRST_COST_MS;
  #leastMs = Infinity;
  /** Whether a call of it has ended. */
  isKnown = false;
  /** Where its one sandbox lives, if it is persistent. */
  home: Lane | undefined;
  unloading = false;
  /** Told when `live` falls to 0 while unloading. */
  onDrained: (() => void) | undefined;

  constructor(wire: ExtensionWire) {
    this.wire = wire;
    this.capabilities = new Set(wire.capabilities.map(({ name }) => name));
  }

  /** CPU time that a call of it is expected to take; 0 if it is small. */
  get costMs(): number {
    return this.#leastMs <= SMALL_LEAST_MS && this.#meanMs <= SMALL_MEAN_MS ? 0 : this.#meanMs;
  }

  get isPersistent(): boolean {
    return this.wire.isolation === 'persistent';
  }

  /** Learns from a call that has run. */
  learnCost(cpuTimeMs: number): void {
    const costMs = Math.min(cpuTimeMs, this.wire.limits.cpuTimeMs);
    this.#meanMs += (costMs - this.#meanMs) * (this.isKnown ? COST_WEIGHT : 1);
    this.#leastMs = Math.min(this.#leastMs, costMs);
    this.isKnown = true;
  }
}
