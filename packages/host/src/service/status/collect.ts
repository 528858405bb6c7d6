import type { ErrorCode } from '@sandglass/core';

import type { Host } from '../../host.js';
import type { ExtensionStats, Settled } from '../../pool/stats/stats.js';
import type { AuditEntry, ExtensionInfo } from '../../types.js';
import { type History, INTERVAL_MS } from './history.js';

/** An error as the page shows it. */
export interface StatusError {
  timeMs: number;
  extension: string | undefined;
  event: string | undefined;
  code: ErrorCode | undefined;
  message: string;
}

/** What was watched. */
export interface Watched {
  startedMs: number;
  total: History;
  byExtension: ReadonlyMap<string, History>;
  errors: readonly StatusError[];
  audit: readonly (AuditEntry & { timeMs: number })[];
}

/** Codes that say that a limit ended a call. */
const LIMIT_CODES: readonly ErrorCode[] = ['E_CPU', 'E_WALL', 'E_MEMORY', 'E_STACK', 'E_QUOTA', 'E_QUEUE_FULL'];

/** Everything that the page shows, as JSON. */
export function collectStatus(host: Pick<Host, 'stats' | 'extensions'>, watched: Watched): Record<string, unknown> {
  const { extensions: counted, lanes, ...totals } = host.stats();
  return {
    nowMs: Date.now(),
    startedMs: watched.startedMs,
    intervalMs: INTERVAL_MS,
    rssBytes: process.memoryUsage.rss(),
    totals: { ...totals, limits: countLimits(totals.settled, totals.refused) },
    workers: lanes,
    history: watched.total.toArray(),
    extensions: host.extensions.map((extension) => describe(extension, counted, watched.byExtension)),
    errors: watched.errors.toReversed(),
    audit: watched.audit.toReversed(),
  };
}

function describe(
  extension: ExtensionInfo,
  counted: readonly ExtensionStats[],
  histories: ReadonlyMap<string, History>,
): Record<string, unknown> {
  const { error, ...info } = extension;
  const stats = counted.findLast(({ name }) => name === extension.name);
  return {
    ...info,
    error: error?.message,
    stats: stats && { ...stats, limits: countLimits(stats.settled, stats.refused) },
    history: histories.get(extension.name)?.toArray() ?? [],
  };
}

function countLimits(settled: Settled, refused: number): Settled {
  const counts: Settled = {};
  for (const code of LIMIT_CODES) {
    const count = (settled[code] ?? 0) + (code === 'E_QUEUE_FULL' ? refused : 0);
    if (count > 0) counts[code] = count;
  }
  return counts;
}
