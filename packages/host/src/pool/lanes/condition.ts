/**
 * How a lane is.
 *
 * - `starting`: its engine does not take anything yet.
 * - `ready`: it makes progress.
 * - `quiet`: it has made no progress for some ticks of the watchdog.
 * - `stalled`: it has been in one call for so long that it gets no more calls, and those behind
 *   that call are moved elsewhere.
 * - `overdue`: it is stalled, and the call that it is in has passed its limit. The watchdog will
 *   probably end it.
 * - `lost`: its engine is gone, and the lane set no longer has it.
 */
export type LaneCondition = 'starting' | 'ready' | 'quiet' | 'stalled' | 'overdue' | 'lost';

/**
 * All changes there are. A tick may come late, so that a lane may be found further on than the next
 * step. `overdue` falls back to `stalled` if the call that it is in turns out to be another's, with
 * a higher limit.
 */
export const TRANSITIONS: Readonly<Record<LaneCondition, readonly LaneCondition[]>> = {
  starting: ['ready', 'lost'],
  ready: ['quiet', 'stalled', 'overdue', 'lost'],
  quiet: ['ready', 'stalled', 'overdue', 'lost'],
  stalled: ['ready', 'overdue', 'lost'],
  overdue: ['ready', 'stalled', 'lost'],
  lost: [],
};

/** Owns a lane's condition. */
export class Condition {
  #current: LaneCondition = 'starting';

  get current(): LaneCondition {
    return this.#current;
  }

  /** @returns false if there is no such change: all stays as it is. */
  become(next: LaneCondition): boolean {
    if (next === this.#current) return true;
    if (!TRANSITIONS[this.#current].includes(next)) return false;
    this.#current = next;
    return true;
  }
}
