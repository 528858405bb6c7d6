import type { FleetStats } from '../fleet/contract.js';
import type { Host } from '../host.js';
import type { PoolStats } from '../pool/stats/stats.js';
import type { ExtensionInfo } from '../types.js';
import { readEventLoopDelay } from './event-loop-delay.js';
import type { Reloaded } from './reload-all.js';
import type { StatusWanted, Watched } from './status/watched.js';

/** What the service itself counts. */
export interface ServiceCounts {
  /** Answered requests by status, for example 200. */
  responses: ReadonlyMap<number, number>;
  inFlight: number;
  /** Requests answered with 503 because `maxConcurrentRequests` were under way. */
  refused: number;
}

/** What the operating system and Node tell of the processes of a service. */
export interface ProcessFacts {
  /** Processes that serve. */
  processes: number;
  /** Processes that ended without having been told to. */
  lost: number;
  rssBytes: number;
  /** Worker threads included. */
  cpuSeconds: number;
  /**
   * How late the event loop was since this was last read, in seconds by quantile; of several
   * processes the latest.
   */
  eventLoopDelay: [quantile: string, seconds: number][];
}

/**
 * What metrics and the status page are made of. Every field survives structured clone. A report has
 * only the extensions that are asked for, and those that have failed.
 */
export interface ServiceReport {
  /** Present if one process serves alone and is a node of a fleet. */
  fleet?: FleetStats | undefined;
  stats: PoolStats;
  extensions: readonly ExtensionInfo[];
  service: ServiceCounts;
  process: ProcessFacts;
  /** What the status page has watched, if there is one. */
  watched?: Watched | undefined;
}

/**
 * What metrics want: first what is of the service as a whole, which alone reads the event loop's
 * delay, as that begins anew then; then the counters of extensions, of a few at a time.
 */
export type MetricsWanted = { view: 'metrics' } | { view: 'counters'; names: readonly string[] };

/** What a report is for. */
export type ReportPurpose = MetricsWanted | StatusWanted;

/** The processes that serve one port together. */
export interface Peers {
  /** The merged report of all of them. */
  report(purpose: ReportPurpose): Promise<ServiceReport>;
  /** Reloads an extension, or every one, in each of them. */
  reload(name?: string): Promise<Reloaded>;
}

/** The parts of a host that a report reads. */
export type ReportedHost = Pick<Host, 'stats' | 'extensions' | 'fleet'>;

/** What this process tells of what metrics want. */
export function reportMetrics(host: ReportedHost, service: ServiceCounts, wanted: MetricsWanted): ServiceReport {
  const names = wanted.view === 'counters' ? wanted.names : [];
  return {
    stats: host.stats(names),
    extensions: wanted.view === 'metrics' ? host.extensions.filter(({ state }) => state === 'failed') : [],
    service,
    process: readProcessFacts(wanted),
    fleet: host.fleet?.stats(),
  };
}

/** Whether it is metrics that want it. */
export function isForMetrics(wanted: ReportPurpose): wanted is MetricsWanted {
  return wanted.view === 'metrics' || wanted.view === 'counters';
}

/** The extensions of this process; one that has failed in another has failed. */
export function withFailed(
  host: Pick<Host, 'extensions'>,
  report: Pick<ServiceReport, 'extensions'>,
): readonly ExtensionInfo[] {
  const failed = new Map(report.extensions.map((info) => [info.name, info]));
  return host.extensions.map((info) => (info.state === 'failed' ? info : (failed.get(info.name) ?? info)));
}

/** Facts about this process. */
export function readProcessFacts(purpose: ReportPurpose): ProcessFacts {
  const { user, system } = process.cpuUsage();
  return {
    processes: 1,
    lost: 0,
    rssBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1_000_000,
    eventLoopDelay: purpose.view === 'metrics' ? readEventLoopDelay() : [],
  };
}
