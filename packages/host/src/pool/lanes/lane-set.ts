import { Backoff } from './backoff.js';
import type { Job } from '../jobs/job.js';
import type { LaneEvents, RemoteLanes, StartLane } from '../links/lane-link.js';
import { Lane } from './lane.js';
import type { LaneRole } from './role.js';
import { SPARE_AFTER_MS } from './slice-watch.js';

export interface LaneSetOptions {
  start: StartLane;
  minLanes: number;
  maxLanes: number;
  /** How long an idle lane above `minLanes` lives. */
  idleTimeoutMs: number;
  /** Lanes beyond those of this process. @default none */
  remote?: RemoteLanes | undefined;
}

/** Counters of lanes that are gone. */
export interface GoneLanes {
  restores: number;
  replacements: number;
  failures: number;
  ignored: number;
  violations: number;
  kills: number;
  lost: number;
}

/**
 * The pool's lanes. They are started on demand and retired when idle. After failures, the pause
 * before the next start grows.
 */
export class LaneSet {
  readonly #options: LaneSetOptions;
  #eventsOf: ((lane: Lane) => LaneEvents) | undefined;
  readonly #all: Lane[] = [];
  readonly #backoff: Backoff = new Backoff();
  readonly gone: GoneLanes = {
    restores: 0,
    replacements: 0,
    failures: 0,
    ignored: 0,
    violations: 0,
    kills: 0,
    lost: 0,
  };
  #lastId = 0;
  #retireTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  /** Before `open` and after `close`, nothing starts. */
  #isOpen = false;
  /** Whether a lane has ever come up. */
  hasStarted = false;
  /** Why the last lane went away. */
  lastFailure: Error | undefined;
  /** Told when a pause after failures is over. */
  onRetry: (() => void) | undefined;

  constructor(options: LaneSetOptions) {
    this.#options = options;
  }

  get all(): readonly Lane[] {
    return this.#all;
  }

  get canGrow(): boolean {
    if (!this.#isOpen) return false;
    const { maxLanes } = this.#options;
    const isShort = this.#count(isInTime) < maxLanes || this.#count(isUsable) < 1;
    return isShort && this.#count(isShared) < 2 * maxLanes;
  }

  /** Whether a lane that is asked for would start now, or does so already. */
  get isGrowing(): boolean {
    if (this.#all.some((lane) => lane.condition === 'starting' && isShared(lane))) return true;
    return this.canGrow && this.#backoff.delayMs(performance.now()) === 0;
  }

  /** Whether lanes have failed so often in a row, and none works, that calls should not wait. */
  get isHopeless(): boolean {
    if (this.absence !== undefined) return true;
    return !this.#all.some(({ isUp }) => isUp) && this.#backoff.isHopeless(performance.now());
  }

  /** Whether this process may have lanes of its own. */
  get hasOwn(): boolean {
    return this.#options.maxLanes > 0;
  }

  /** Why there is no runner, where everything needs one. */
  get absence(): string | undefined {
    return this.hasOwn ? undefined : this.#options.remote?.absence;
  }

  get failures(): number {
    return this.#backoff.failures;
  }

  /** The lane that a job was sent to, if one is to run it. */
  laneOf({ callId }: Job): Lane | undefined {
    return this.#all.find(({ runs }) => runs.get(callId)?.isCurrent === true);
  }

  /**
   * Starts the lanes that are kept always.
   *
   * @param eventsOf makes what a new lane tells.
   */
  open(eventsOf: (lane: Lane) => LaneEvents): void {
    this.#eventsOf = eventsOf;
    this.#isOpen = true;
    if (this.#options.remote) this.#options.remote.onFree = () => this.onRetry?.();
    this.keepMinimum();
  }

  keepMinimum(): void {
    while (this.#count(isShared) < this.#options.minLanes && this.start());
  }

  /**
   * Starts one more lane for all. Returns false if there are enough, or the pause after a failure
   * is not over.
   */
  start(): boolean {
    return this.canGrow && this.#start(this.#count(isShared) >= this.#options.maxLanes ? 'spare' : 'normal');
  }

  /**
   * The same for an isolation lane. Of those there are as many again at the most, and two at least:
   * one call may wait long.
   */
  startIsolation(): boolean {
    return this.#count(isIsolation) < Math.max(this.#options.maxLanes, 2) && this.#start('isolation');
  }

  /** Opens a lane to one more runner, if there is one. */
  startRemote(): boolean {
    const { remote } = this.#options;
    if (!remote || !this.#isOpen || remote.free === 0) return false;
    return this.#open('remote', remote.start);
  }

  #start(role: LaneRole): boolean {
    const delayMs = this.#backoff.delayMs(performance.now());
    if (this.#isOpen && delayMs > 0) this.#retryLater(delayMs);
    return delayMs === 0 && this.#open(role, this.#options.start);
  }

  #open(role: LaneRole, start: StartLane): boolean {
    if (!this.#eventsOf || !this.#isOpen) return false;
    const lane = new Lane((this.#lastId += 1), role);
    this.#all.push(lane);
    lane.link = start(this.#eventsOf(lane));
    return true;
  }

  /** A lane has come up. */
  ready(lane: Lane): void {
    if (!lane.become('ready')) return;
    this.hasStarted = true;
    this.idle(lane);
  }

  /** Notes that a lane has ended a job: the failures before no longer count. */
  markHealthy({ role }: Lane): void {
    if (role !== 'remote') this.#backoff.succeeded(performance.now());
  }

  /**
   * Takes a lane out: it is dead (`lost`), has to be ended (`killed`), or is no longer needed
   * (`retired`).
   */
  remove(lane: Lane, how: 'lost' | 'killed' | 'retired', reason?: Error): void {
    const index = this.#all.indexOf(lane);
    if (index === -1) return;
    this.#all.splice(index, 1);
    if (this.#count(isShared) <= this.#options.maxLanes)
      for (const other of this.#all) if (other.role === 'spare') other.role = 'normal';
    lane.become('lost');
    lane.link.terminate();
    this.#keepCounters(lane, how);
    if (how !== 'lost' || lane.role === 'remote') return;
    this.lastFailure = reason;
    const nowMs = performance.now();
    this.#backoff.failed(nowMs, lane.startedMs);
    if (lane.outcomes > 0) this.#backoff.succeeded(nowMs);
  }

  /** Notes that a lane has nothing to do; it is retired if that lasts. */
  idle(lane: Lane): void {
    lane.idleSinceMs = performance.now();
    const isOneTooMany = this.#count(isInTime) > this.#options.maxLanes && this.#count(isUsable) > 1;
    if (lane.role === 'spare' && isOneTooMany) this.remove(lane, 'retired');
    else this.#watchIdle();
  }

  /** Lets spare lanes go that are not needed any more. */
  trim(): void {
    for (const lane of [...this.#all]) if (lane.role === 'spare' && lane.isIdle) this.idle(lane);
  }

  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#retireTimer);
    clearTimeout(this.#retryTimer);
    for (const lane of [...this.#all]) this.remove(lane, 'retired');
  }

  #count(isCounted: (lane: Lane) => boolean): number {
    let count = 0;
    for (const lane of this.#all) if (isCounted(lane)) count += 1;
    return count;
  }

  #keepCounters(lane: Lane, how: 'lost' | 'killed' | 'retired'): void {
    this.gone.restores += lane.engineStats.restores;
    this.gone.replacements += lane.engineStats.replacements;
    this.gone.failures += lane.engineStats.failures;
    this.gone.ignored += lane.ignored;
    this.gone.violations += lane.violations;
    if (how === 'killed') this.gone.kills += 1;
    if (how === 'lost') this.gone.lost += 1;
  }

  #watchIdle(): void {
    if (this.#retireTimer || !this.#isOpen || !this.#all.some((lane) => this.#maySpare(lane))) return;
    this.#retireTimer = setTimeout(() => this.#retireIdle(), this.#options.idleTimeoutMs).unref();
  }

  #retireIdle(): void {
    this.#retireTimer = undefined;
    const idleSinceMs = performance.now() - this.#options.idleTimeoutMs;
    for (const lane of [...this.#all]) {
      if (!this.#maySpare(lane)) continue;
      const isIdle = lane.isUp && lane.runs.size === 0 && lane.residents.size === 0;
      if (isIdle && lane.idleSinceMs <= idleSinceMs) this.remove(lane, 'retired');
    }
    this.#watchIdle();
  }

  /** Whether there are as many lanes as are kept always without this one. */
  #maySpare({ role }: Lane): boolean {
    return role === 'remote' || this.#count(isShared) > this.#options.minLanes;
  }

  #retryLater(delayMs: number): void {
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      this.keepMinimum();
      this.onRetry?.();
    }, Math.ceil(delayMs)).unref();
  }
}

function isIsolation({ role }: Lane): boolean {
  return role === 'isolation';
}

/** Of this process, and for all. */
function isShared({ role }: Lane): boolean {
  return role === 'normal' || role === 'spare';
}

function isInTime(lane: Lane): boolean {
  return isShared(lane) && lane.condition !== 'overdue';
}

function isUsable(lane: Lane): boolean {
  return isShared(lane) && (!lane.isStalled || lane.watch.elapsedMs < SPARE_AFTER_MS);
}
