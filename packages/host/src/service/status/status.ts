import type { HostOptions } from '../../types.js';
import type { Peers, ReportedHost } from '../report.js';
import { reportStatus, type StatusReport } from './report-status.js';
import { createStatusPage, type StatusPage } from './status-page.js';
import { TICK_MS, Watch } from './watch.js';
import type { StatusWanted } from './watched.js';

/** The sinks that feed a status page. */
type Sink = 'onCall' | 'onAudit' | 'onLog' | 'onError';

/** Watches a host for its status page. */
export interface Status {
  /** Give them to `createHost`, or call them from sinks of your own. */
  readonly sinks: { [Name in Sink]: NonNullable<HostOptions[Name]> };
  /**
   * Begins to watch, and makes the page.
   *
   * @param peers the processes that serve the same port: the page shows all of them. @default this
   *   one alone
   */
  attach(host: ReportedHost, peers?: Peers): StatusPage;
  /** The report of this process for a status page, which may be in another process. */
  report(host: ReportedHost, wanted: StatusWanted): StatusReport;
  /** Stops watching. */
  close(): void;
}

/**
 * Makes the watcher behind a status page. Reads nothing of guests but what the sinks are told;
 * changes nothing. It keeps an hour of numbers of 1,000 extensions, and 16 MiB of their texts.
 */
export function createStatus(): Status {
  const watch = new Watch();
  let timer: NodeJS.Timeout | undefined;
  return {
    sinks: {
      onCall: (entry) => watch.addCall(entry),
      onAudit: (entry) => watch.addAudit(entry),
      onLog: (entry) => watch.addLine(entry),
      onError: (error, context) => watch.addError(error, context),
    },
    attach(host, peers) {
      timer ??= setInterval(() => watch.tick(), TICK_MS).unref();
      const report = async (wanted: StatusWanted): Promise<StatusReport> =>
        peers?.report(wanted) ?? reportStatus(host, watch, wanted);
      return createStatusPage(host, report);
    },
    report: (host, wanted) => reportStatus(host, watch, wanted),
    close: () => clearInterval(timer),
  };
}
