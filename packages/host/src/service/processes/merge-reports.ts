import type { PoolStats } from '../../pool/stats/stats.js';
import type { ExtensionInfo } from '../../types.js';
import type { ProcessFacts, ServiceCounts, ServiceReport } from '../report.js';
import { sums } from './add-up.js';
import { mergeWatched } from './merge-watched.js';
import { mergeStats } from './merge-stats.js';

/**
 * Merges the reports of several processes.
 *
 * @param live of the processes that serve; one at least.
 * @param ended counters of processes that have ended, so that none goes back: see {@link
 *   keepCounters}.
 */
export function mergeReports(live: readonly ServiceReport[], ended?: ServiceReport): ServiceReport {
  const names = new Set(live.flatMap(({ stats }) => stats.extensions.map(({ name }) => name)));
  const all = ended ? [...live, withOnly(ended, names)] : live;
  const watched = live.flatMap((one) => one.watched ?? []);
  return {
    stats: mergeStats(all.map(({ stats }) => stats)),
    extensions: mergeInfos(live),
    service: mergeCounts(all.map(({ service }) => service)),
    process: mergeFacts(all.map((one) => one.process)),
    ...(watched.length > 0 && { watched: mergeWatched(watched) }),
  };
}

/**
 * The counters in the report of a process that has ended.
 *
 * @param report the last that it gave, or several merged.
 */
export function keepCounters({ stats, service, process }: ServiceReport): ServiceReport {
  const idle = { queued: 0, running: 0, background: 0 };
  const extensions = stats.extensions.map((one) => ({ ...one, ...idle, lanes: 0 }));
  return {
    stats: { ...stats, ...idle, memoryBytes: 0, maxMemoryBytes: 0, lanes: [], extensions },
    extensions: [],
    service: { ...service, inFlight: 0 },
    process: { ...process, processes: 0, rssBytes: 0, eventLoopDelay: [] },
  };
}

/** Drops counters of extensions that no process has loaded any more. */
function withOnly(report: ServiceReport, names: ReadonlySet<string>): ServiceReport {
  const stats: PoolStats = {
    ...report.stats,
    extensions: report.stats.extensions.filter(({ name }) => names.has(name)),
  };
  return { ...report, stats };
}

/** An extension that has failed in one process has failed. */
function mergeInfos(live: readonly ServiceReport[]): ExtensionInfo[] {
  const byName = new Map<string, ExtensionInfo>();
  for (const info of live.flatMap(({ extensions }) => extensions)) {
    const known = byName.get(info.name);
    if (!known || (known.state !== 'failed' && info.state === 'failed')) byName.set(info.name, info);
  }
  return [...byName.values()];
}

function mergeCounts(all: readonly ServiceCounts[]): ServiceCounts {
  const responses = new Map<number, number>();
  for (const [status, count] of all.flatMap((one) => [...one.responses]))
    responses.set(status, (responses.get(status) ?? 0) + count);
  return { responses, ...sums(all, ['inFlight', 'refused']) };
}

function mergeFacts(all: readonly ProcessFacts[]): ProcessFacts {
  const delays = new Map<string, number>();
  for (const [quantile, seconds] of all.flatMap(({ eventLoopDelay }) => eventLoopDelay))
    delays.set(quantile, Math.max(delays.get(quantile) ?? 0, seconds));
  return { ...sums(all, ['processes', 'lost', 'rssBytes', 'cpuSeconds']), eventLoopDelay: [...delays] };
}
