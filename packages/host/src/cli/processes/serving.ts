import cluster from 'node:cluster';

import { mergeReports } from '../../service/processes/merge-reports.js';
import type { Reloaded } from '../../service/reload-all.js';
import type { Peers, ReportPurpose, ServiceReport } from '../../service/report.js';
import { Questions } from './questions.js';
import type { ToPrimary, ToServing } from './vocabulary.js';

/** What the primary may ask of this process once it has a host. */
export interface ServingParts {
  report(purpose: ReportPurpose): ServiceReport;
  reload(name: string | undefined): Promise<Reloaded>;
}

/** A process that serves beside others, as it sees itself. */
export interface ServingProcess {
  /** 1 and up; one that takes another's place has a new number. */
  readonly id: number;
  /**
   * Whether other processes serve the port: this one then listens once its extensions are loaded.
   */
  readonly isReplacement: boolean;
  /** Asks the primary to tell it to stop. */
  wantsToStop(): void;
  /** Fires when the primary tells it to stop. */
  readonly signal: AbortSignal;
  readonly peers: Peers;
  /** Tells the primary that this process serves. */
  serves(url: string, parts: ServingParts): Promise<void>;
  /** Tells the primary that this process cannot serve. */
  failed(error: unknown): Promise<void>;
  /** Disconnects from the primary, so that the process can end. */
  leave(): void;
}

/**
 * Joins the primary that started this process.
 *
 * @param processes how many the primary keeps.
 */
export function joinPrimary(processes: number): ServingProcess {
  const worker = cluster.worker!; // the primary made it
  const stop = new AbortController();
  let parts: ServingParts | undefined;
  const primary = new Questions<ToPrimary, ToServing>(worker, {
    report: (purpose) => parts?.report(purpose),
    reload: (name) => parts?.reload(name),
    stop() {
      stop.abort();
      return undefined;
    },
  });
  worker.once('disconnect', () => primary.close());
  worker.on('error', () => {}); // both sides let go of the channel at once
  return {
    id: worker.id,
    isReplacement: worker.id > processes,
    wantsToStop: () => void primary.ask('wantsToStop', undefined),
    signal: stop.signal,
    peers: {
      async report(purpose) {
        // this process serves by then, and has parts
        return (await primary.ask('report', purpose)) ?? mergeReports([parts!.report(purpose)]);
      },
      reload: async (name) => (await primary.ask('reload', name)) ?? { reloaded: [], failed: [] },
    },
    async serves(url, given) {
      parts = given;
      await primary.ask('serves', url);
    },
    async failed(error) {
      await primary.ask('failed', error instanceof Error ? error.message : String(error));
    },
    leave() {
      if (worker.isConnected()) worker.disconnect();
    },
  };
}
