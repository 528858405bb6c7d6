import type { ExtensionNumbers } from './extension-numbers.js';
import type {
  HistoryData,
  Seen,
  SeenUse,
  StatusAudit,
  StatusError,
  StatusHandler,
  StatusTexts,
} from './status-data.js';

/** What the status page wants to show. */
export type StatusWanted = { view: 'overview' } | { view: 'list' } | { view: 'extension'; name: string };

/** What was watched of the service as a whole. */
export interface WatchedOverview {
  view: 'overview';
  startedMs: number;
  recent: HistoryData;
  hour: HistoryData;
  errors: StatusError[];
  denied: StatusAudit[];
}

/** What was watched of all extensions that were called lately. */
export interface WatchedList {
  view: 'list';
  rows: ReadonlyMap<string, WatchedRow>;
}

export interface WatchedRow {
  seen: Seen;
  /** Of five minutes. */
  history: HistoryData;
}

/** What was watched of one extension. */
export interface WatchedExtension {
  view: 'extension';
  /** Undefined if it was not called lately. */
  numbers: WatchedNumbers | undefined;
  lists: StatusTexts;
}

export interface WatchedNumbers {
  seen: SeenUse;
  history: HistoryData;
  handlers: StatusHandler[];
  most: ExtensionNumbers['most'];
}

/** The part of what was watched that a view wants. Every field survives structured clone. */
export type Watched = WatchedOverview | WatchedList | WatchedExtension;
