import type { Reloaded } from '../../service/reload-all.js';
import type { ReportPurpose, ServiceReport } from '../../service/report.js';

/** What the primary asks each process that serves. */
export type ToServing = {
  report: [purpose: ReportPurpose, report: ServiceReport | undefined];
  reload: [name: string | undefined, Reloaded | undefined];
  /** Answered at once: the process ends when what it had accepted is answered. */
  stop: [undefined, undefined];
};

/** What a process that serves asks or tells the primary. */
export type ToPrimary = {
  /** The process serves at this URL. */
  serves: [url: string, undefined];
  /** Why it cannot serve. */
  failed: [message: string, undefined];
  /** A signal asks it to stop: systemd sends it to all at once. */
  wantsToStop: [undefined, undefined];
  /** Asks for the merged report of all processes. */
  report: [purpose: ReportPurpose, report: ServiceReport | undefined];
  reload: [name: string | undefined, Reloaded];
};
