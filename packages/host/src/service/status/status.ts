import { isSandglassError } from '@sandglass/core';

import type { Host } from '../../host.js';
import type { AuditEntry, CallEntry, HostOptions } from '../../types.js';
import { collectStatus } from './collect.js';
import { History, INTERVAL_MS } from './history.js';
import { Recent } from './recent.js';
import type { StatusAudit, StatusData, StatusError } from './status-data.js';
import { createStatusPage, type StatusPage } from './status-page.js';

/** Errors and audit entries that the page shows. */
const MAX_RECENT = 50;
/** Longest text of one of them. */
const MAX_TEXT_LENGTH = 500;

/** Watches a host for its status page. */
export interface Status {
  /** Give them to `createHost`, or call them from sinks of your own. */
  readonly sinks: { [Sink in 'onCall' | 'onAudit' | 'onError']: NonNullable<HostOptions[Sink]> };
  /** Begins to watch, and makes the page. */
  attach(host: Pick<Host, 'stats' | 'extensions'>): StatusPage;
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

  return {
    sinks: { onCall, onAudit, onError },
    attach(host) {
      timer ??= setInterval(tick, INTERVAL_MS).unref();
      const collect = (): StatusData =>
        collectStatus(host, { startedMs, total, byExtension, errors: errors.toArray(), audit: audit.toArray() });
      return createStatusPage(collect);
    },
    close: () => clearInterval(timer),
  };
}
