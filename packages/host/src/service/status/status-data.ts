import type { ErrorCode, Limits } from '@sandglass/core';

import type { ExtensionStats, LaneStats, PoolStats } from '../../pool/stats/stats.js';
import type { FleetStats } from '../../fleet/contract.js';
import type { AuditEntry, ExtensionInfo, ExtensionState, LogEntry } from '../../types.js';
import type { Counted } from './groups.js';

/**
 * The data of the status page. Every field survives JSON. Times are milliseconds since 1970, or
 * durations in milliseconds; lists have the newest first.
 */

/** Calls over time: columns of one length, the oldest first. */
export interface HistoryData {
  /** End of the last interval. */
  endMs: number;
  intervalMs: number;
  calls: number[];
  failed: number[];
  p50Ms: number[];
  p99Ms: number[];
}

/** The service as a whole: `/data`. */
export interface StatusOverview {
  nowMs: number;
  startedMs: number;
  /** Whether an extension can be reloaded from the page. */
  canReload: boolean;
  /** Number of processes that serve the port. */
  processes: number;
  /** Number of processes that ended without having been told to. */
  processesLost: number;
  /** Resident memory of all processes. */
  rssBytes: number;
  /** Present if the service is a node of a fleet. */
  fleet: FleetStats | undefined;
  totals: Omit<PoolStats, 'extensions' | 'lanes'>;
  workers: StatusWorker[];
  /** Intervals of one second. */
  recent: HistoryData;
  /** Intervals of twelve seconds. */
  hour: HistoryData;
  extensions: Record<ExtensionState, number>;
  errors: StatusError[];
  /** Capability calls that were denied. */
  denied: StatusAudit[];
}

/** A worker as the page shows it. */
export interface StatusWorker extends LaneStats {
  /** What it runs, in words. */
  runs: string | undefined;
}

/** What a list of extensions may be ordered by. */
export const LIST_ORDERS = ['failing', 'name', 'calls', 'failed', 'median', 'p99'] as const;

/** Which extensions a list has, in which order. */
export interface ListQuery {
  /** A part of the name. Empty for all. */
  search: string;
  state: ExtensionState | 'any';
  order: (typeof LIST_ORDERS)[number];
  /** From 1. */
  page: number;
}

/** A page of the list: `/extensions`. */
export interface StatusList {
  /** Number of extensions that match. */
  matching: number;
  pages: number;
  rows: StatusRow[];
}

/** What was seen of an extension since it was watched. */
export interface Seen {
  calls: number;
  failed: number;
  p50Ms: number;
  p99Ms: number;
}

/** An extension in the list. */
export interface StatusRow extends Seen, Pick<ExtensionInfo, 'name' | 'version' | 'type' | 'state'> {
  /** Why it is `failed`. */
  error: string | undefined;
  /** Calls of the last five minutes. */
  history: HistoryData | undefined;
}

/** What was seen, and what it used. */
export interface SeenUse extends Seen {
  /** Calls in the last interval of an extension's history. */
  perSecond: number;
  maxMs: number;
  cpuTimeMs: number;
  maxHeapBytes: number;
}

/** One extension: `/extensions/<name>`. */
export interface StatusExtension extends StatusTexts {
  nowMs: number;
  canReload: boolean;
  info: Omit<ExtensionInfo, 'error' | 'registrations' | 'limits'> & { registrationCount: number };
  /** Why it is `failed`, with the stack of what its source threw. */
  error: { message: string; stack: string | undefined } | undefined;
  stats: ExtensionStats | undefined;
  seen: SeenUse | undefined;
  history: HistoryData | undefined;
  handlers: StatusHandler[];
  limits: StatusLimit[];
}

/** What an extension said, did and failed with, the last of it. */
export interface StatusTexts {
  errors: StatusError[];
  denied: StatusAudit[];
  allowed: StatusAudit[];
  logs: StatusLog[];
  /** Recordings of calls that failed. */
  failures: StatusRecording[];
  /** Recordings of the slowest calls, the slowest first. */
  slowest: StatusRecording[];
}

/** What a registration has done. */
export interface StatusHandler extends SeenUse {
  /** For example `GET /hello/slow`. */
  name: string;
}

/** A limit, and how near a call has come to it. */
export interface StatusLimit {
  name: keyof Limits;
  value: number;
  /** Most that a call has used. Absent if that is not measured. */
  most: number | undefined;
}

/** Errors of one kind; the latest stands for them. */
export interface StatusError extends Counted {
  extension: string | undefined;
  code: ErrorCode | undefined;
  message: string;
  /** Of what the guest threw, mapped to its author's files. */
  stack: string | undefined;
  /** The route, or the event. */
  where: string | undefined;
  requestId: string | undefined;
  callId: number | undefined;
}

/** Capability calls of one kind; the latest stands for them. */
export interface StatusAudit extends AuditEntry, Counted {}

/** A line that the extension logged. */
export interface StatusLog extends Omit<LogEntry, 'extension'> {
  timeMs: number;
}

/** What a call did, step by step. */
export interface StatusRecording {
  /** When it began. */
  timeMs: number;
  callId: number | undefined;
  /** What ran, for example `GET /hello/slow`. */
  name: string;
  outcome: 'ok' | ErrorCode;
  /** Of the error, as far as the host was told. */
  message: string | undefined;
  durationMs: number;
  cpuTimeMs: number | undefined;
  heapBytes: number | undefined;
  steps: RecordedStep[];
  /** Further steps that were not kept. */
  moreSteps: number;
}

/** A capability call or a log line of a recorded call. */
export interface RecordedStep {
  /** Since the call began. */
  atMs: number;
  /** Absent for a log line. */
  durationMs: number | undefined;
  /** The capability, or `log`. */
  what: string;
  /** The target and how it went, or the message. */
  text: string;
  isDenied: boolean;
}
