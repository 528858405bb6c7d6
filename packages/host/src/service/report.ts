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
 * All that metrics and the status page are made of. Every field survives structured clone. One for
 * the status page has the extensions alone that it is about.
 */
export interface ServiceReport {
  /** Of one process that serves alone, and is a node of a fleet. */
  fleet?: FleetStats | undefined;
  stats: PoolStats;
  extensions: readonly ExtensionInfo[];
  service: ServiceCounts;
  process: ProcessFacts;
  /** What the status page has watched, if there is one. */
  watched?: Watched | undefined;
}

/**
 * What a report is for. Metrics want everything, and alone read the event loop's delay, which
 * begins anew then; the status page wants what it shows.
 */
export type ReportPurpose = 'metrics' | StatusWanted;

/** The processes that serve one port together. */
export interface Peers {
  /** What all of them report, as one. */
  report(purpose: ReportPurpose): Promise<ServiceReport>;
  /** Reloads an extension, or every one, in each of them. */
  reload(name?: string): Promise<Reloaded>;
}

/** What is read of a host. */
export type ReportedHost = Pick<Host, 'stats' | 'extensions' | 'fleet'>;

/** What this process tells for metrics: everything but what was watched. */
export function reportMetrics(host: ReportedHost, service: ServiceCounts): ServiceReport {
  const { extensions, fleet } = host;
  return { stats: host.stats(), extensions, service, process: readProcessFacts('metrics'), fleet: fleet?.stats() };
}

/** What this process tells of itself. */
export function readProcessFacts(purpose: ReportPurpose): ProcessFacts {
  const { user, system } = process.cpuUsage();
  return {
    processes: 1,
    lost: 0,
    rssBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1_000_000,
    eventLoopDelay: purpose === 'metrics' ? readEventLoopDelay() : [],
  };
}
