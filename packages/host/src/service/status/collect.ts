import type { ErrorCode } from '@sandglass/core';

import type { Host } from '../../host.js';
import type { CallStats, ExtensionStats, Settled } from '../../pool/stats/stats.js';
import type { ExtensionInfo } from '../../types.js';
import { type History, INTERVAL_MS } from './history.js';
import type { StatusAudit, StatusData, StatusError, StatusExtension } from './status-data.js';

/** What was watched. */
export interface Watched {
  startedMs: number;
  total: History;
  byExtension: ReadonlyMap<string, History>;
  errors: readonly StatusError[];
  audit: readonly StatusAudit[];
}

/** Codes that say that a limit ended a call. */
const LIMIT_CODES: readonly ErrorCode[] = ['E_CPU', 'E_WALL', 'E_MEMORY', 'E_STACK', 'E_QUOTA', 'E_QUEUE_FULL'];

/** Everything that the page shows, as JSON. */
export function collectStatus(host: Pick<Host, 'stats' | 'extensions'>, watched: Watched): StatusData {
  const { extensions: counted, lanes, ...totals } = host.stats();
  return {
    nowMs: Date.now(),
    startedMs: watched.startedMs,
    intervalMs: INTERVAL_MS,
    rssBytes: process.memoryUsage.rss(),
    totals: { ...withoutLoads(totals), limits: countLimits(totals.settled, totals.refused) },
    workers: lanes,
    history: watched.total.toArray(),
    extensionCount: host.extensions.length,
    extensions: describeAll(host.extensions, counted, watched.byExtension),
    errors: watched.errors.toReversed(),
    audit: watched.audit.toReversed(),
  };
}

/** Extensions that are listed: what failed first, then the busiest, if there are more. */
const MAX_LISTED = 500;
/** Of those, how many have their history with them. */
const MAX_CHARTED = 50;
/** Registrations of each. */
const MAX_REGISTRATIONS = 50;
/** Characters of why one failed. */
const MAX_TEXT_LENGTH = 500;

function describeAll(
  extensions: readonly ExtensionInfo[],
  counted: readonly ExtensionStats[],
  histories: ReadonlyMap<string, History>,
): StatusExtension[] {
  // the newer of two versions comes last
  const stats = new Map(counted.map((one) => [one.name, one]));
  const accepted = ({ name }: ExtensionInfo): number => stats.get(name)?.accepted ?? 0;
  const busiest = extensions.toSorted((a, b) => accepted(b) - accepted(a));
  const charted = new Set(busiest.slice(0, MAX_CHARTED).map(({ name }) => name));
  const listed =
    extensions.length > MAX_LISTED
      ? busiest.toSorted((a, b) => Number(b.state === 'failed') - Number(a.state === 'failed')).slice(0, MAX_LISTED)
      : extensions;
  return listed.map((extension) => {
    const history = charted.has(extension.name) ? histories.get(extension.name) : undefined;
    return describe(extension, stats.get(extension.name), history);
  });
}

function describe(
  { error, registrations, ...info }: ExtensionInfo,
  stats: ExtensionStats | undefined,
  history: History | undefined,
): StatusExtension {
  return {
    ...info,
    registrations: registrations.slice(0, MAX_REGISTRATIONS),
    error: error?.message.slice(0, MAX_TEXT_LENGTH),
    stats: stats && { ...withoutLoads(stats), limits: countLimits(stats.settled, stats.refused) },
    history: history?.toArray() ?? [],
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
