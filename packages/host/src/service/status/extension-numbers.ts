import type { Limits } from '@sandglass/core';

import { Durations } from '../../pool/stats/durations.js';
import { describeRegistration } from '../../routing/describe-registration.js';
import type { CallEntry } from '../../types.js';
import { History } from './history.js';
import type { SeenUse, StatusHandler } from './status-data.js';
import type { Trace } from './traces.js';

/** Calls of one kind, in about 4 KB of memory. */
class Calls {
  readonly #durations: Durations = new Durations();
  #calls = 0;
  #failed = 0;
  #cpuTimeMs = 0;
  #maxHeapBytes = 0;
  /** When the last interval ended. */
  #callsBefore = 0;
  #perSecond = 0;

  record({ outcome, durationMs, cpuTimeMs = 0, heapBytes = 0 }: CallEntry): void {
    this.#durations.record(durationMs);
    this.#calls += 1;
    if (outcome !== 'ok') this.#failed += 1;
    this.#cpuTimeMs += cpuTimeMs;
    this.#maxHeapBytes = Math.max(this.#maxHeapBytes, heapBytes);
  }

  /** Ends an interval. */
  tick(intervalMs: number): void {
    this.#perSecond = ((this.#calls - this.#callsBefore) * 1_000) / intervalMs;
    this.#callsBefore = this.#calls;
  }

  get seen(): SeenUse {
    const { p50, p99, max } = this.#durations.percentiles();
    return {
      calls: this.#calls,
      perSecond: this.#perSecond,
      failed: this.#failed,
      p50Ms: p50,
      p99Ms: p99,
      maxMs: max,
      cpuTimeMs: this.#cpuTimeMs,
      maxHeapBytes: this.#maxHeapBytes,
    };
  }
}

/** Stands for the registrations that are not counted one by one. */
const OTHERS = 'others';
/** Registrations of one extension that are. */
const MAX_HANDLERS = 32;

/** How many more registrations may be counted one by one, of all extensions. */
export interface HandlerBudget {
  left: number;
}

/** What was counted of one extension. */
export class ExtensionNumbers {
  readonly history: History;
  readonly #intervalMs: number;
  readonly #all: Calls = new Calls();
  readonly #byHandler = new Map<string, Calls>();
  readonly #budget: HandlerBudget;
  /** Most that one call has used of a limit. */
  readonly most: { [Limit in keyof Limits]?: number } = {};

  constructor(intervalMs: number, budget: HandlerBudget) {
    this.history = new History(intervalMs);
    this.#intervalMs = intervalMs;
    this.#budget = budget;
  }

  record(entry: CallEntry, trace: Trace | undefined): void {
    const { durationMs, cpuTimeMs = 0, heapBytes = 0 } = entry;
    this.history.record(durationMs, entry.outcome !== 'ok');
    this.#all.record(entry);
    this.#callsOf(entry).record(entry);
    this.#raise('wallTimeMs', durationMs);
    this.#raise('cpuTimeMs', cpuTimeMs);
    this.#raise('memoryLimitBytes', heapBytes);
    this.#raise('maxCapabilityCalls', trace?.capabilityCalls ?? 0);
    this.#raise('maxLogLines', trace?.logLines ?? 0);
  }

  /** Ends an interval. */
  tick(nowMs: number): void {
    this.history.tick(nowMs);
    for (const calls of [this.#all, ...this.#byHandler.values()]) calls.tick(this.#intervalMs);
  }

  get seen(): SeenUse {
    return this.#all.seen;
  }

  /** The busiest first. */
  get handlers(): StatusHandler[] {
    const handlers = [...this.#byHandler].map(([name, calls]) => Object.assign(calls.seen, { name }));
    return handlers.toSorted((a, b) => b.calls - a.calls);
  }

  /** Gives back what it took of the budget. */
  retire(): void {
    this.#budget.left += this.#byHandler.size;
  }

  #callsOf({ extension, registration }: CallEntry): Calls {
    const name = describeRegistration(registration, `/${extension}`);
    const known = this.#byHandler.get(name) ?? (this.#hasRoom ? undefined : this.#byHandler.get(OTHERS));
    if (known) return known;
    const calls = new Calls();
    this.#byHandler.set(this.#hasRoom ? name : OTHERS, calls);
    this.#budget.left -= 1;
    return calls;
  }

  get #hasRoom(): boolean {
    return this.#byHandler.size < MAX_HANDLERS && this.#budget.left > 0;
  }

  #raise(limit: keyof Limits, used: number): void {
    if (used > (this.most[limit] ?? 0)) this.most[limit] = used;
  }
}
