import type { ExtensionInfo } from '../../types.js';
import type { HistoryData, ListQuery, Seen, StatusList, StatusRow } from './status-data.js';
import type { StatusReport } from './report-status.js';
import type { WatchedList } from './watched.js';

/** Rows of a page. */
const PAGE_LENGTH = 20;
/** Extensions that are looked at in one turn of the event loop. */
const AT_ONCE = 1_000;
/** Characters of why an extension failed. */
const MAX_TEXT_LENGTH = 500;

const NOTHING: Seen = { calls: 0, failed: 0, p50Ms: 0, p99Ms: 0 };

interface Candidate {
  info: ExtensionInfo;
  seen: Seen;
  /** Numbers in it compare as numbers. */
  sortedName: string;
}

type Compare = (a: Candidate, b: Candidate) => number;

const byName: Compare = (a, b) => (a.sortedName < b.sortedName ? -1 : Number(a.sortedName > b.sortedName));
const most =
  (read: (seen: Seen) => number): Compare =>
  (a, b) =>
    read(b.seen) - read(a.seen);
const hasFailed = ({ info }: Candidate): number => Number(info.state === 'failed');

const ORDERS: Readonly<Record<ListQuery['order'], Compare>> = {
  failing: (a, b) => hasFailed(b) - hasFailed(a) || b.seen.failed - a.seen.failed || b.seen.calls - a.seen.calls,
  name: byName,
  calls: most(({ calls }) => calls),
  failed: most(({ failed }) => failed),
  median: most(({ p50Ms }) => p50Ms),
  p99: most(({ p99Ms }) => p99Ms),
};

/**
 * A page of the list, in JSON, in as many pieces as there are turns of the event loop to take for
 * it. The thousand extensions that were called last have numbers; others have none.
 */
export function* collectList(
  extensions: readonly ExtensionInfo[],
  { watched }: StatusReport,
  query: ListQuery,
): Generator<string> {
  const numbers: WatchedList['rows'] = watched?.view === 'list' ? watched.rows : new Map();
  const search = query.search.toLowerCase();
  const found: Candidate[] = [];
  for (const [i, info] of extensions.entries()) {
    if (i % AT_ONCE === AT_ONCE - 1) yield ' '; // JSON takes it
    if (query.state !== 'any' && info.state !== query.state) continue;
    if (!info.name.toLowerCase().includes(search)) continue;
    const seen = numbers.get(info.name)?.seen ?? NOTHING;
    found.push({ info, seen, sortedName: info.name.replace(/\d+/g, (digits) => digits.padStart(9, '0')) });
  }
  yield ' ';
  const order = ORDERS[query.order];
  found.sort((a, b) => order(a, b) || byName(a, b));
  yield ' ';
  const begin = (query.page - 1) * PAGE_LENGTH;
  const rows = found.slice(begin, begin + PAGE_LENGTH).map((one) => toRow(one, numbers.get(one.info.name)?.history));
  const list: StatusList = { matching: found.length, pages: Math.ceil(found.length / PAGE_LENGTH), rows };
  yield JSON.stringify(list);
}

function toRow({ info, seen }: Candidate, history: HistoryData | undefined): StatusRow {
  const { name, version, type, state, error } = info;
  const { calls, failed, p50Ms, p99Ms } = seen;
  const text = error?.message.slice(0, MAX_TEXT_LENGTH);
  return { name, version, type, state, calls, failed, p50Ms, p99Ms, error: text, history };
}
