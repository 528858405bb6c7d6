import type { PoolExtension } from '../jobs/pool-extension.js';
import type { Lane } from '../lanes/lane.js';
import type { LaneSet } from '../lanes/lane-set.js';
import { CallCounters, type CallsNow } from './counters.js';
import type { ExtensionStats, LaneCurrent, LaneStats, PoolStats } from './stats.js';

/** Counts that only the pool itself knows. */
export interface PoolCounts extends CallsNow {
  reruns: number;
  moved: number;
  memoryBytes: number;
  maxMemoryBytes: number;
}

/** What there are statistics of. */
export interface Counted {
  lanes: LaneSet;
  extensions: Iterable<PoolExtension>;
  /** Counts of all extensions that there were, with durations of those that are gone. */
  total: CallCounters;
}

/** Puts together what `stats()` shows. @param names see there. */
export function collectStats(
  counts: PoolCounts,
  { lanes, extensions, total }: Counted,
  names: readonly string[] | undefined,
): PoolStats {
  const wanted = names && new Set(names);
  const shown = [...extensions].filter(({ wire }) => wanted?.has(wire.name) ?? true);
  const durations = new CallCounters();
  durations.addDurations(total);
  for (const { counters: own } of shown) durations.addDurations(own);
  const ready = lanes.all;
  const laneStats = ready.map(toLaneStats);
  const { restores, replacements, failures, ignored, violations, kills, lost } = lanes.gone;
  const sum = (key: 'restores' | 'replacements' | 'failures' | 'ignored' | 'violations'): number =>
    laneStats.reduce((all, lane) => all + lane[key], 0);
  return {
    ...total.toStats(counts, durations),
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
    extensions: shown.map((extension) => toExtensionStats(extension, ready)),
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
    current: currentOf(lane),
    outcomes,
    runMs: lane.runMs.percentiles(),
    extensions: installed.size,
    ...engineStats,
    memoryBytes: link.memoryBytes,
    ignored,
    violations,
  };
}

function currentOf({ link, runs, watch, isUp }: Lane): LaneCurrent | undefined {
  const job = isUp ? runs.get(watch.read(link.slots))?.job : undefined;
  if (!job) return undefined;
  const current = { extension: job.extension.wire.name, elapsedMs: performance.now() - job.sentMs };
  return job.isLoad ? current : { ...current, handler: job.handler };
}

function toExtensionStats(extension: PoolExtension, lanes: readonly Lane[]): ExtensionStats {
  const { wire, counters, queue, live, background } = extension;
  const installedOn = lanes.filter(({ installed }) => installed.has(wire.id)).length;
  return {
    id: wire.id,
    name: wire.name,
    lanes: installedOn,
    ...counters.toStats({ queued: queue.size, live, background }),
  };
}
