import type { Job } from '../jobs/job.js';
import type { Lane } from '../lanes/lane.js';

/**
 * Backlog, in CPU milliseconds, that a lane which knows the extension may have over one that does not. Installing costs
 * about that much: a lone call stays where it is warm, a burst spreads.
 */
export const SPILL_MS = 0.5;

/**
 * What a lane with room may have before it beyond the least busy one, which has none: above this, a call rather waits. Not to be behind
 * one that nobody knows, which may never end.
 */
const WAIT_MS = 1;

/**
 * Backlog that counts as none: about the time in which another lane's thread wakes. Small calls (`PoolExtension`) so stay on one lane, whose
 * sandboxes and caches are warm, while nothing longer is in their way. With 200 extensions in turn, 64 calls in flight and two lanes on two cores
 * that is 160 to 250 k/s, where 105 to 170 went over both; with one extension it is the same (260 to 350).
 */
const WAKE_MS = 0.05;

/** The lanes there are, and whether one more is on its way or would be if something waited. */
export interface LaneChoice {
  readonly all: readonly Lane[];
  readonly isGrowing: boolean;
}

/**
 * The lane for a call: the least busy one, with a preference for where its sandboxes are warm, and of equals for the first if the call is
 * small, else for the last, so that they are not in each other's way. Undefined if there is none, or one that is full will have room before
 * another would come to the call.
 */
export function chooseLane(job: Job, choice: LaneChoice): Lane | undefined {
  const { extension } = job;
  if (extension.isPersistent) return chooseHome(job, choice);
  const { all: lanes } = choice;
  const isSmall = extension.costMs === 0;
  let least: Lane | undefined;
  let leastMs = Infinity;
  let roomy: Lane | undefined;
  let roomyMs = Infinity;
  for (const lane of lanes) {
    if (!lane.isOpen || lane.jobs.has(job.callId)) continue; // one that it was taken back from may still run it
    if (lane.isSpare && lanes.some(({ stalledIn }) => stalledIn === extension)) continue;
    const busyMs = Math.max(lane.backlogMs + lane.resumedMs - WAKE_MS, 0);
    const backlogMs = busyMs + (lane.installed.has(extension.wire.id) ? 0 : SPILL_MS);
    if (isSmall ? backlogMs < leastMs : backlogMs <= leastMs) {
      least = lane;
      leastMs = backlogMs;
    }
    if (lane.hasRoom && backlogMs < roomyMs) {
      roomy = lane;
      roomyMs = backlogMs;
    }
  }
  if (least?.hasRoom === true) return least;
  const hasRoomSoon = leastMs === 0 && least?.isQuiet === false; // full of small calls
  return hasRoomSoon || roomyMs > leastMs + WAIT_MS ? undefined : roomy;
}

/**
 * The lane for a load: the least busy one that loads nothing else.
 *
 * @param leavesOne whether one of several lanes is to load nothing.
 */
export function chooseLoader(lanes: readonly Lane[], leavesOne: boolean): Lane | undefined {
  let best: Lane | undefined;
  let open = 0;
  let loading = 0;
  for (const lane of lanes) {
    if (!lane.isOpen) continue;
    open += 1;
    if (lane.isLoading) loading += lane.hasRoom ? 0 : 1; // calls go on beside a load that waits
    else if (!best || lane.jobs.size < best.jobs.size) best = lane;
  }
  return leavesOne && open > 1 && loading + 1 === open ? undefined : best;
}

/** A persistent extension lives on one lane, the one with the fewest residents when it first runs, or one that nobody lives on yet. */
function chooseHome({ extension }: Job, choice: LaneChoice): Lane | undefined {
  if (!extension.home) {
    let best: Lane | undefined;
    for (const lane of choice.all) {
      if (lane.status !== 'ready' || lane.isIsolation || lane.isSpare || lane.isStalled) continue;
      if (!best || lane.residents.size < best.residents.size) best = lane;
    }
    if (best && best.residents.size > 0 && choice.isGrowing) return undefined; // a lane of its own comes up
    extension.home = best;
    best?.residents.add(extension);
  }
  return extension.home?.hasRoom === true ? extension.home : undefined;
}
