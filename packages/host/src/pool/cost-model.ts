/**
 * What a lane costs a call, in milliseconds of CPU time; the call goes where that is least.
 *
 *     cost = backlog + resumed − wake, at least 0     what is in its way
 *          + cold start, where no sandbox of its extension is
 *          + hop + what others have there, on a runner of a fleet, whose engines share its backlog
 *
 * `backlog` is what the lane was sent and has not begun, `resumed` what it goes on with after an
 * answer. A call counts as what calls of its extension took on average; a small one counts as
 * nothing, so small calls stay on one lane. Measured on two cores with `pnpm bench --only <name>`
 * unless it says otherwise, each value against its half and its double in one run.
 */

/**
 * Guess for an extension that has not run yet: small enough for batches, large enough to be
 * careful.
 */
const FIRST_COST_MS = 0.1;
/**
 * CPU time of a small call at the best, when its sandbox is in the processor's caches, and on
 * average. The host takes about as long for its own part of one, so that another lane would make
 * small calls no faster.
 */
const SMALL_LEAST_MS = 0.002;
const SMALL_MEAN_MS = 0.01;
/**
 * Weight of the newest call in the running mean: the last ten or so decide. The first counts in
 * full.
 */
const COST_WEIGHT = 0.1;

/**
 * What an unknown extension counts as on top, once: calls of others go elsewhere if they can, its
 * own go together.
 */
export const UNKNOWN_COST_MS = 2;
/** What a load counts as: calls go elsewhere if they can. */
export const LOAD_COST_MS = 20;

/**
 * What a lane costs that does not know the extension. Installing takes about that long: a lone call
 * stays where it is warm, a burst spreads.
 */
export const COLD_START_MS = 0.5;
/**
 * The same for a runner of a fleet: a snapshot of 200 to 400 KB crosses first.
 */
export const REMOTE_COLD_START_MS = 5;
/**
 * Backlog that counts as none: about the time in which another lane's thread wakes. So small calls
 * stay on one lane, whose sandboxes and caches are warm, while nothing longer is in their way. Of
 * 200 extensions in turn, with 64 calls in flight and two lanes, one lane ran 160 to 250 k/s. Both
 * lanes together ran 105 to 170 k/s. With one extension it made no difference.
 */
const WAKE_MS = 0.05;
/**
 * What a lane with room may cost more than the cheapest lane, if that one is full. Above this, a
 * call waits for the cheapest. Less than `UNKNOWN_COST_MS`: no call goes behind one of an unknown
 * extension, which may never end.
 */
export const WAIT_MS = 1;

/**
 * CPU time that a lane is given in advance. What waits here can still be placed elsewhere; what
 * waits there cannot.
 */
export const MAX_BACKLOG_MS = 4;
/**
 * Batches whose calls have not all been entered: one that runs, and one that waits in the engine's
 * hands so that it never waits for this thread. More would only split what could have gone
 * together.
 */
export const MAX_OPEN_BATCHES = 2;
/**
 * Calls that a runner of a fleet is given in advance for each of its engines, whatever they take:
 * one that runs, and one that is there when it ends. Nobody here sees which have begun.
 */
export const CALLS_PER_ENGINE = 2;
/** Calls in a batch. Throughput is flat above it. */
export const MAX_BATCH_LENGTH = 64;
/**
 * From here on, what goes to an idle lane goes in halves: while this thread deals with the first,
 * the lane is in the second.
 */
export const SPLIT_LENGTH = 8;
/**
 * A call that may take longer than this begins a batch: the outcomes of what is before it would
 * wait for its end.
 */
export const COSTLY_MS = 1;
/**
 * For so long after the last call, one of several lanes is left to calls: a load in their way takes
 * 2 to 300 ms, and reloading a host makes hundreds.
 */
export const CALLS_GO_ON_MS = 20;

/** What calls of one extension take. */
export class CallCost {
  #meanMs: number = FIRST_COST_MS;
  #leastMs = Infinity;
  /** Whether a call has ended. */
  isKnown = false;

  /** CPU time that a call is expected to take; 0 if it is small. */
  get ms(): number {
    return this.#leastMs <= SMALL_LEAST_MS && this.#meanMs <= SMALL_MEAN_MS ? 0 : this.#meanMs;
  }

  /** Learns from a call that has run. */
  learn(cpuTimeMs: number): void {
    this.#meanMs += (cpuTimeMs - this.#meanMs) * (this.isKnown ? COST_WEIGHT : 1);
    this.#leastMs = Math.min(this.#leastMs, cpuTimeMs);
    this.isKnown = true;
  }
}

/** What a lane costs a call: see above. */
export function laneCostMs(lane: CostlyLane, isWarm: boolean): number {
  const { distance } = lane;
  const inTheWayMs = lane.backlogMs + lane.resumedMs;
  if (!distance) return Math.max(inTheWayMs - WAKE_MS, 0) + (isWarm ? 0 : COLD_START_MS);
  const { engines, hopMs, othersMs } = distance;
  return inTheWayMs / engines + othersMs + hopMs + (isWarm ? 0 : REMOTE_COLD_START_MS);
}

/** What {@link laneCostMs} reads. */
interface CostlyLane {
  backlogMs: number;
  resumedMs: number;
  distance?: { engines: number; hopMs: number; othersMs: number } | undefined;
}
