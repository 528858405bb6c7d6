import type { ErrorCode } from '@sandglass/core';

import type { CallStats, ExtensionStats, Settled } from '../../pool/stats/stats.js';
import type { ExtensionInfo } from '../../types.js';
import type { ServiceReport } from '../report.js';
import { type HistoryPoint, INTERVAL_MS } from './history.js';
import type { StatusData, StatusExtension, Watched } from './status-data.js';

/** What the page is made of. */
interface Shown extends Omit<ServiceReport, 'service' | 'watched'> {
  watched: Watched;
}

/** Codes that say that a limit ended a call. */
const LIMIT_CODES: readonly ErrorCode[] = ['E_CPU', 'E_WALL', 'E_MEMORY', 'E_STACK', 'E_QUOTA', 'E_QUEUE_FULL'];

/** Everything that the page shows, as JSON. */
export function collectStatus({ stats, extensions, process, watched, fleet }: Shown): StatusData {
  const { extensions: counted, lanes, ...totals } = stats;
  return {
    nowMs: Date.now(),
    startedMs: watched.startedMs,
    intervalMs: INTERVAL_MS,
    fleet,
    processes: process.processes,
    processesLost: process.lost,
    rssBytes: process.rssBytes,
    totals: { ...withoutLoads(totals), limits: countLimits(totals.settled, totals.refused) },
    workers: lanes,
    history: [...watched.total],
    extensionCount: extensions.length,
    extensions: describeAll(extensions, counted, watched.byExtension),
    errors: watched.errors.toReversed(),
    audit: watched.audit.toReversed(),
  };
}

/** Extensions that are listed: what failed first, then the busiest, if there are more. */
const MAX_LISTED = 500;
/** Registrations of each. */
const MAX_REGISTRATIONS = 50;
/** Characters of why one failed. */
const MAX_TEXT_LENGTH = 500;

function describeAll(
  extensions: readonly ExtensionInfo[],
  counted: readonly ExtensionStats[],
  histories: ReadonlyMap<string, readonly HistoryPoint[]>,
): StatusExtension[] {
  // the newer of two versions comes last
  const stats = new Map(counted.map((one) => [one.name, one]));
  const accepted = ({ name }: ExtensionInfo): number => stats.get(name)?.accepted ?? 0;
  const rank = (a: ExtensionInfo, b: ExtensionInfo): number =>
    Number(b.state === 'failed') - Number(a.state === 'failed') || accepted(b) - accepted(a);
  const listed = extensions.length > MAX_LISTED ? extensions.toSorted(rank).slice(0, MAX_LISTED) : extensions;
  return listed.map((extension) => describe(extension, stats.get(extension.name), histories.get(extension.name)));
}

function describe(
  { error, registrations, ...info }: ExtensionInfo,
  stats: ExtensionStats | undefined,
  history: readonly HistoryPoint[] | undefined,
): StatusExtension {
  return {
    ...info,
    registrations: registrations.slice(0, MAX_REGISTRATIONS),
    error: error?.message.slice(0, MAX_TEXT_LENGTH),
    stats: stats && { ...withoutLoads(stats), limits: countLimits(stats.settled, stats.refused) },
    history: [...(history ?? [])],
  };
}

/** Nobody has called what was only loaded. */
function withoutLoads<Stats extends CallStats>(stats: Stats): Stats {
  const loads = Object.values(stats.loads).reduce((sum, count) => sum + count, 0);
  return { ...stats, accepted: stats.accepted - loads };
}

function countLimits(settled: Settled, refused: number): Settled {
  const counts: Settled = {};
  for (const code of LIMIT_CODES) {
    const count = (settled[code] ?? 0) + (code === 'E_QUEUE_FULL' ? refused : 0);
    if (count > 0) counts[code] = count;
  }
  return counts;
}
