import { isSandglassError } from '@sandglass/core';

import type { Host } from '../../host.js';
import type { AuditEntry, CallEntry, HostOptions } from '../../types.js';
import { type Peers, readProcessFacts, type ServiceReport } from '../report.js';
import { collectStatus } from './collect.js';
import { History, INTERVAL_MS } from './history.js';
import { MAX_RECENT, Recent } from './recent.js';
import type { StatusAudit, StatusError, Watched } from './status-data.js';
import { createStatusPage, type StatusPage } from './status-page.js';

/** Extensions whose history the page shows: the busiest. */
const MAX_CHARTED = 50;
/** Longest text of one of them. */
const MAX_TEXT_LENGTH = 500;

/** Watches a host for its status page. */
export interface Status {
  /** Give them to `createHost`, or call them from sinks of your own. */
  readonly sinks: { [Sink in 'onCall' | 'onAudit' | 'onError']: NonNullable<HostOptions[Sink]> };
  /**
   * Begins to watch, and makes the page.
   *
   * @param peers the processes that serve the same port: the page shows all of them. @default this
   *   one alone
   */
  attach(host: Pick<Host, 'stats' | 'extensions' | 'fleet'>, peers?: Peers): StatusPage;
  /** What was watched so far. */
  watched(host: Pick<Host, 'stats'>): Watched;
  /** Stops watching. */
  close(): void;
}

/**
 * Makes the watcher behind a status page. Reads nothing of guests but what the sinks are told;
 * changes nothing.
 */
export function createStatus(): Status {
  const total = new History();
  const byExtension = new Map<string, History>();
  const errors = new Recent<StatusError>(MAX_RECENT);
  const audit = new Recent<StatusAudit>(MAX_RECENT);
  const startedMs = Date.now();
  let timer: NodeJS.Timeout | undefined;

  const onCall = ({ extension, outcome, durationMs }: CallEntry): void => {
    let history = byExtension.get(extension);
    if (!history) byExtension.set(extension, (history = new History()));
    for (const one of [total, history]) one.record(durationMs, outcome !== 'ok');
  };
  const onAudit = (entry: AuditEntry): void => {
    if (entry.capability === 'log') return; // a line is no news, and there are many
    audit.add({ ...entry, target: entry.target.slice(0, MAX_TEXT_LENGTH), timeMs: Date.now() });
  };
  const onError: Status['sinks']['onError'] = (error, { extension, event }) => {
    const source = [error, error.cause].find(isSandglassError);
    const message = (source?.message ?? error.message).slice(0, MAX_TEXT_LENGTH);
    errors.add({ timeMs: Date.now(), extension, event, code: source?.code, message });
  };
  const tick = (): void => {
    const nowMs = Date.now();
    total.tick(nowMs);
    for (const [name, history] of byExtension) {
      history.tick(nowMs);
      if (history.isEmpty) byExtension.delete(name);
    }
  };

  const watched: Status['watched'] = (host) => {
    const busiest = host.stats().extensions.toSorted((a, b) => b.accepted - a.accepted);
    const charted = busiest.slice(0, MAX_CHARTED).map(({ name }) => name);
    const histories = charted.map((name) => [name, byExtension.get(name)?.toArray() ?? []] as const);
    return {
      startedMs,
      total: total.toArray(),
      byExtension: new Map(histories),
      errors: errors.toArray(),
      audit: audit.toArray(),
    };
  };

  return {
    sinks: { onCall, onAudit, onError },
    attach(host, peers) {
      timer ??= setInterval(tick, INTERVAL_MS).unref();
      return createStatusPage(async () => {
        const report = peers ? await peers.report('status') : reportOf(host);
        return collectStatus({ ...report, watched: report.watched ?? watched(host) });
      });
    },
    watched,
    close: () => clearInterval(timer),
  };
}

/** What one process that serves alone tells of itself. */
function reportOf(host: Pick<Host, 'stats' | 'extensions' | 'fleet'>): Omit<ServiceReport, 'service'> {
  const { extensions, fleet } = host;
  return { stats: host.stats(), extensions, process: readProcessFacts('status'), fleet: fleet?.stats() };
}
