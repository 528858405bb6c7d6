import type { PoolExtension } from '../jobs/pool-extension.js';
import type { Lane } from '../lanes/lane.js';
import type { LaneSet } from '../lanes/lane-set.js';
import { CallCounters } from './counters.js';
import type { ExtensionStats, LaneStats, PoolStats } from './stats.js';

/** Counts that only the pool itself knows. */
export interface PoolCounts {
  queued: number;
  live: number;
  background: number;
  reruns: number;
  moved: number;
  memoryBytes: number;
  maxMemoryBytes: number;
}

/** Puts together what `stats()` shows. */
export function collectStats(
  counts: PoolCounts,
  retired: CallCounters,
  lanes: LaneSet,
  extensions: PoolExtension[],
): PoolStats {
  const total = new CallCounters();
  total.add(retired);
  for (const { counters } of extensions) total.add(counters);
  const ready = lanes.all;
  const laneStats = ready.map(toLaneStats);
  const { restores, replacements, failures, ignored, violations, kills, lost } = lanes.gone;
  const sum = (key: 'restores' | 'replacements' | 'failures' | 'ignored' | 'violations'): number =>
    laneStats.reduce((all, lane) => all + lane[key], 0);
  return {
    ...total.toStats(counts.queued, counts.live, counts.background),
    restores: restores + sum('restores'),
    replacements: replacements + sum('replacements'),
    failures: failures + sum('failures'),
    kills,
    lost,
    reruns: counts.reruns,
    moved: counts.moved,
    ignored: ignored + sum('ignored'),
    violations: violations + sum('violations'),
    memoryBytes: counts.memoryBytes,
    maxMemoryBytes: counts.maxMemoryBytes,
    lanes: laneStats,
    extensions: extensions.map((extension) => toExtensionStats(extension, ready)),
  };
}

function toLaneStats(lane: Lane): LaneStats {
  const { id, link, isUp, outcomes, installed, engineStats, ignored, violations } = lane;
  let running = 0;
  for (const { isWanted, job } of lane.runs.values()) if (isWanted && job.state === 'sent') running += 1;
  const state = isUp ? 'ready' : 'starting';
  return {
    id,
    ...(lane.distance && { runner: lane.distance.runner }),
    state,
    running,
    outcomes,
    runMs: lane.runMs.percentiles(),
    extensions: installed.size,
    ...engineStats,
    memoryBytes: link.memoryBytes,
    ignored,
    violations,
  };
}

function toExtensionStats(extension: PoolExtension, lanes: readonly Lane[]): ExtensionStats {
  const { wire, counters, queue, live, background } = extension;
  const queued = queue.size;
  const installedOn = lanes.filter(({ installed }) => installed.has(wire.id)).length;
  return { id: wire.id, name: wire.name, lanes: installedOn, ...counters.toStats(queued, live, background) };
}
