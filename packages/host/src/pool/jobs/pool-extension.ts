import { LinkedList, UNHANDLED_REJECTION, type ExtensionWire, type InstallWire, type Link } from '@sandglass/core';

import { CallCost } from '../cost-model.js';
import { CallMemory } from '../memory/call-memory.js';
import { CallCounters } from '../stats/counters.js';

/** An entry of an extension's queue: a job, of which this file knows nothing else. */
export interface Queued {
  readonly extension: PoolExtension;
}

/** An extension as the pool keeps it, from its load to its unload. */
export class PoolExtension {
  readonly wire: ExtensionWire;
  /** Set once it is loaded: what a lane needs before its first call. */
  install: InstallWire | undefined;
  /** Names of the capabilities it may call. */
  readonly capabilities: ReadonlySet<string>;
  /**
   * Those of them that guests get no answer to, such as `log`, and what the engine tells of by
   * itself. They count as log lines.
   */
  readonly syncNames: ReadonlySet<string>;
  /** Its calls that are queued. */
  readonly queue: LinkedList<Queued> = new LinkedList();
  /** Its link in the list of extensions that have calls queued. */
  readonly rotationLink: Link<PoolExtension> = LinkedList.link<PoolExtension>(this);
  readonly counters: CallCounters;
  readonly cost: CallCost = new CallCost();
  readonly memory: CallMemory = new CallMemory();
  /** Accepted and not over. */
  live = 0;
  /** Of those, the ones that are answered. */
  background = 0;
  /** See `HeldBytes`. */
  heldBytes = 0;
  unloading = false;
  /** Told when `live` falls to 0 while unloading. */
  onDrained: (() => void) | undefined;

  /** @param total counts what it counts. @default nobody does */
  constructor(wire: ExtensionWire, total?: CallCounters) {
    this.wire = wire;
    this.counters = new CallCounters(total);
    this.capabilities = new Set(wire.capabilities.map(({ name }) => name));
    this.syncNames = new Set([
      UNHANDLED_REJECTION,
      ...wire.capabilities.flatMap(({ name, sync }) => (sync ? [name] : [])),
    ]);
  }

  get isPersistent(): boolean {
    return this.wire.isolation === 'persistent';
  }

  /** Learns from a call that has run. */
  learnCost(cpuTimeMs: number, heapBytes = 0): void {
    const usedMs = Math.min(cpuTimeMs, this.wire.limits.cpuTimeMs);
    this.counters.countCpuTime(usedMs);
    this.cost.learn(usedMs);
    this.memory.learn(Math.min(heapBytes, this.wire.limits.memoryLimitBytes));
  }
}
