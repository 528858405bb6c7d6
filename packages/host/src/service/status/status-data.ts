import type { ErrorCode } from '@sandglass/core';

import type { ExtensionStats, LaneStats, PoolStats, Settled } from '../../pool/stats/stats.js';
import type { FleetStats } from '../../fleet/contract.js';
import type { AuditEntry, ExtensionInfo } from '../../types.js';
import type { HistoryPoint } from './history.js';

/**
 * What the status page asks for every second. Every field survives JSON. Times are milliseconds
 * since 1970.
 */
export interface StatusData {
  nowMs: number;
  startedMs: number;
  /** Between two points of a history. */
  intervalMs: number;
  /** That serve the port. */
  processes: number;
  /** That ended without having been told to. */
  processesLost: number;
  /** Of all of them. */
  rssBytes: number;
  /** If it is a node of one. */
  fleet?: FleetStats | undefined;
  totals: Omit<PoolStats, 'extensions' | 'lanes'> & { limits: Settled };
  workers: LaneStats[];
  /** Oldest first. */
  history: HistoryPoint[];
  /** How many there are: more than `extensions` lists, if there are many. */
  extensionCount: number;
  extensions: StatusExtension[];
  /** Newest first. */
  errors: StatusError[];
  /** Newest first. */
  audit: StatusAudit[];
}

/** An extension as the page shows it. */
export interface StatusExtension extends Omit<ExtensionInfo, 'error'> {
  /** Why it is `failed`. */
  error: string | undefined;
  stats: (ExtensionStats & { limits: Settled }) | undefined;
  /** Empty for all but the busiest. */
  history: HistoryPoint[];
}

/** An error as the page shows it. */
export interface StatusError {
  timeMs: number;
  extension: string | undefined;
  event: string | undefined;
  code: ErrorCode | undefined;
  message: string;
}

/** A capability call as the page shows it. */
export interface StatusAudit extends AuditEntry {
  timeMs: number;
}

/** What was watched. Histories have the oldest first, as errors and audit entries do. */
export interface Watched {
  /** In milliseconds since 1970. */
  startedMs: number;
  total: readonly HistoryPoint[];
  /** Of the busiest. */
  byExtension: ReadonlyMap<string, readonly HistoryPoint[]>;
  errors: readonly StatusError[];
  audit: readonly StatusAudit[];
}
