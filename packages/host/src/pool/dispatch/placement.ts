import { laneCostMs, WAIT_MS } from '../cost-model.js';
import type { Job } from '../jobs/job.js';
import type { PoolExtension } from '../jobs/pool-extension.js';
import type { Lane } from '../lanes/lane.js';

/** The lanes there are, and whether one more is on its way or would be if something waited. */
export interface LaneChoice {
  readonly all: readonly Lane[];
  readonly isGrowing: boolean;
}

/**
 * The lane for a call: the one that costs it least, and of equals the first if the call is small,
 * else the last, so that they are not in each other's way. Undefined if there is none, or one that
 * is full will have room before another would come to the call.
 */
export function chooseLane(job: Job, choice: LaneChoice): Lane | undefined {
  const { extension } = job;
  if (extension.isPersistent) return chooseHome(extension, choice);
  const { all: lanes } = choice;
  const isSmall = extension.cost.ms === 0;
  let least: Lane | undefined;
  let leastMs = Infinity;
  let roomy: Lane | undefined;
  let roomyMs = Infinity;
  for (const lane of lanes) {
    // one that it was taken back from may still run it
    if (!lane.isOpen || lane.runs.has(job.callId)) continue;
    if (lane.role === 'spare' && lanes.some(({ stalledIn }) => stalledIn === extension)) continue;
    const costMs = laneCostMs(lane, lane.installed.has(extension.wire.id));
    if (isSmall ? costMs < leastMs : costMs <= leastMs) {
      least = lane;
      leastMs = costMs;
    }
    if (lane.hasRoom && costMs < roomyMs) {
      roomy = lane;
      roomyMs = costMs;
    }
  }
  if (least?.hasRoom === true) return least;
  const hasRoomSoon = leastMs === 0 && least?.condition === 'ready'; // full of small calls
  return hasRoomSoon || roomyMs > leastMs + WAIT_MS ? undefined : roomy;
}

/**
 * The lane for a load: the least busy one that loads nothing else.
 *
 * @param leavesOne whether one of several lanes is to load nothing.
 * @param hasOwn whether there are, or will be, lanes that are not remote: those load.
 */
export function chooseLoader(lanes: readonly Lane[], leavesOne: boolean, hasOwn = true): Lane | undefined {
  let best: Lane | undefined;
  let open = 0;
  let loading = 0;
  for (const lane of lanes) {
    if (!lane.isOpen || (hasOwn && lane.role === 'remote')) continue;
    open += 1;
    if (lane.isLoading) loading += lane.hasRoom ? 0 : 1; // calls go on beside a load that waits
    else if (!best || lane.runs.size < best.runs.size) best = lane;
  }
  return leavesOne && open > 1 && loading + 1 === open ? undefined : best;
}

/**
 * A persistent extension lives on one lane, the one with the fewest residents when it first runs,
 * or one that nobody lives on yet.
 */
function chooseHome(extension: PoolExtension, { all: lanes, isGrowing }: LaneChoice): Lane | undefined {
  let home = lanes.find(({ residents }) => residents.has(extension));
  if (!home) {
    for (const lane of lanes) {
      if (!lane.isOpen || lane.role === 'spare') continue;
      if (!home || lane.residents.size < home.residents.size) home = lane;
    }
    // a lane of its own comes up
    if (home && home.residents.size > 0 && isGrowing) return undefined;
    home?.residents.add(extension);
  }
  return home?.hasRoom === true ? home : undefined;
}
