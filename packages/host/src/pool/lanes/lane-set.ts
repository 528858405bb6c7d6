import { Backoff } from './backoff.js';
import type { LaneEvents, StartLane } from '../links/lane-link.js';
import { Lane } from './lane.js';
import { SPARE_AFTER_MS } from './slice-watch.js';

export interface LaneSetOptions {
  start: StartLane;
  minLanes: number;
  maxLanes: number;
  /** How long an idle lane above `minLanes` lives. */
  idleTimeoutMs: number;
}

/** What lanes report, with the lane that reports it. */
export type LaneSetEvents = {
  [Name in keyof LaneEvents]: (lane: Lane, ...payload: Parameters<LaneEvents[Name]>) => void;
};

/** Counters of lanes that are gone. */
export interface GoneLanes {
  restores: number;
  replacements: number;
  ignored: number;
  violations: number;
  kills: number;
  lost: number;
}

/** The pool's lanes: started on demand, retired when idle, started again with a growing pause when they do not hold. */
export class LaneSet {
  readonly #options: LaneSetOptions;
  readonly #events: LaneSetEvents;
  readonly #all: Lane[] = [];
  readonly #backoff: Backoff = new Backoff();
  readonly gone: GoneLanes = { restores: 0, replacements: 0, ignored: 0, violations: 0, kills: 0, lost: 0 };
  #lastId = 0;
  #retireTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Whether a lane has ever come up. */
  hasStarted = false;
  /** Why the last lane went away. */
  lastFailure: Error | undefined;
  /** Told when a pause after failures is over. */
  onRetry: (() => void) | undefined;

  constructor(options: LaneSetOptions, events: LaneSetEvents) {
    this.#options = options;
    this.#events = events;
  }

  get all(): readonly Lane[] {
    return this.#all;
  }

  get canGrow(): boolean {
    if (this.#isClosed) return false;
    const { maxLanes } = this.#options;
    const isShort = this.#count(false, isInTime) < maxLanes || this.#count(false, isUsable) < 1;
    return isShort && this.#count(false) < 2 * maxLanes;
  }

  /** Whether a lane that is asked for would start now, or does so already. */
  get isGrowing(): boolean {
    if (this.#all.some(({ status, isIsolation }) => status === 'starting' && !isIsolation)) return true;
    return this.canGrow && this.#backoff.delayMs(performance.now()) === 0;
  }

  /** Whether lanes have failed so often in a row, and none works, that calls should not wait. */
  get isHopeless(): boolean {
    return !this.#all.some(({ status }) => status === 'ready') && this.#backoff.isHopeless(performance.now());
  }

  get failures(): number {
    return this.#backoff.failures;
  }

  /** Starts the lanes that are kept always. */
  keepMinimum(): void {
    while (this.#count(false) < this.#options.minLanes && this.start());
  }

  /**
   * Starts one more lane. Returns false if there are enough, or the pause after a failure is not over.
   *
   * @param isIsolation for an isolation lane; of those there are as many again at the most, and two at least: one call may wait long.
   */
  start(isIsolation = false): boolean {
    const canStart = isIsolation ? this.#count(true) < Math.max(this.#options.maxLanes, 2) : this.canGrow;
    if (this.#isClosed || !canStart) return false;
    const delayMs = this.#backoff.delayMs(performance.now());
    if (delayMs > 0) {
      this.#retryLater(delayMs);
      return false;
    }
    const lane = new Lane((this.#lastId += 1), isIsolation);
    lane.isSpare = !isIsolation && this.#count(false) >= this.#options.maxLanes;
    lane.startedMs = performance.now();
    this.#all.push(lane);
    lane.lane = this.#options.start(this.#eventsOf(lane));
    return true;
  }

  /** A lane has done what it is for: it no longer counts as one that may not hold. */
  markHealthy(): void {
    this.#backoff.succeeded(performance.now());
  }

  /** Takes a lane out: it is dead (`lost`), has to be ended (`killed`), or is no longer needed (`retired`). */
  remove(lane: Lane, how: 'lost' | 'killed' | 'retired', reason?: Error): void {
    const index = this.#all.indexOf(lane);
    if (index === -1) return;
    this.#all.splice(index, 1);
    if (this.#count(false) <= this.#options.maxLanes) for (const other of this.#all) other.isSpare = false;
    lane.status = 'lost';
    lane.lane.terminate();
    for (const extension of lane.residents) extension.home = undefined;
    this.#keepCounters(lane, how);
    if (how !== 'lost') return;
    this.lastFailure = reason;
    const nowMs = performance.now();
    this.#backoff.failed(nowMs, lane.startedMs);
    if (lane.outcomes > 0) this.#backoff.succeeded(nowMs);
  }

  /** Notes that a lane has nothing to do; it is retired if that lasts. */
  idle(lane: Lane): void {
    lane.idleSinceMs = performance.now();
    const isOneTooMany = this.#count(false, isInTime) > this.#options.maxLanes && this.#count(false, isUsable) > 1;
    if (lane.isSpare && isOneTooMany) this.remove(lane, 'retired');
    else this.#watchIdle();
  }

  /** Lets spare lanes go that are not needed any more. */
  trim(): void {
    for (const lane of [...this.#all])
      if (lane.isSpare && lane.status === 'ready' && lane.jobs.size === 0 && lane.outbox.length === 0) this.idle(lane);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retireTimer);
    clearTimeout(this.#retryTimer);
    for (const lane of [...this.#all]) this.remove(lane, 'retired');
  }

  #count(isIsolation: boolean, isCounted: (lane: Lane) => boolean = () => true): number {
    let count = 0;
    for (const lane of this.#all) if (lane.isIsolation === isIsolation && isCounted(lane)) count += 1;
    return count;
  }

  #keepCounters(lane: Lane, how: 'lost' | 'killed' | 'retired'): void {
    this.gone.restores += lane.engineStats.restores;
    this.gone.replacements += lane.engineStats.replacements;
    this.gone.ignored += lane.ignored;
    this.gone.violations += lane.violations;
    if (how === 'killed') this.gone.kills += 1;
    if (how === 'lost') this.gone.lost += 1;
  }

  #watchIdle(): void {
    if (this.#retireTimer || this.#isClosed || this.#count(false) <= this.#options.minLanes) return;
    this.#retireTimer = setTimeout(() => this.#retireIdle(), this.#options.idleTimeoutMs).unref();
  }

  #retireIdle(): void {
    this.#retireTimer = undefined;
    const idleSinceMs = performance.now() - this.#options.idleTimeoutMs;
    for (const lane of [...this.#all]) {
      if (this.#count(false) <= this.#options.minLanes) return;
      const isIdle = lane.status === 'ready' && lane.jobs.size === 0 && lane.residents.size === 0;
      if (isIdle && lane.idleSinceMs <= idleSinceMs) this.remove(lane, 'retired');
    }
    this.#watchIdle();
  }

  #retryLater(delayMs: number): void {
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      this.keepMinimum();
      this.onRetry?.();
    }, Math.ceil(delayMs)).unref();
  }

  #eventsOf(lane: Lane): LaneEvents {
    const events = this.#events;
    return {
      ready: () => {
        lane.status = 'ready';
        this.hasStarted = true;
        this.idle(lane);
        events.ready(lane);
      },
      outcomes: (outcomes) => events.outcomes(lane, outcomes),
      capabilities: (calls) => events.capabilities(lane, calls),
      stats: (stats) => events.stats(lane, stats),
      entered: () => events.entered(lane),
      violation: () => events.violation(lane),
      lost: (reason) => {
        if (lane.status !== 'lost') events.lost(lane, reason);
      },
    };
  }
}

function isInTime(lane: Lane): boolean {
  return !lane.isOverdue;
}

function isUsable(lane: Lane): boolean {
  return !lane.isStalled || lane.watch.elapsedMs < SPARE_AFTER_MS;
}
