import {
  AUDIT_KINDS,
  ERROR_KINDS,
  MAX_LINES,
  MAX_RECORDINGS,
  OVERALL_AUDIT_KINDS,
  OVERALL_ERROR_KINDS,
} from '../status/extension-texts.js';
import { type Counted, Groups, type Kinds } from '../status/groups.js';
import type { HistoryData, Seen, SeenUse, StatusTexts } from '../status/status-data.js';
import type { Watched, WatchedExtension, WatchedList, WatchedNumbers, WatchedOverview } from '../status/watched.js';
import { groupByName, sums } from './add-up.js';

/** Merges what several processes have watched. @param all of one view; one at least. */
export function mergeWatched(all: readonly Watched[]): Watched {
  const of = <View extends Watched['view']>(view: View): Extract<Watched, { view: View }>[] =>
    all.filter((one): one is Extract<Watched, { view: View }> => one.view === view);
  const { view } = all[0]!;
  switch (view) {
    case 'overview':
      return mergeOverviews(of('overview'));
    case 'list':
      return mergeLists(of('list'));
    case 'extension':
      return mergeExtensions(of('extension'));
    default:
      return view satisfies never;
  }
}

function mergeOverviews(all: readonly WatchedOverview[]): WatchedOverview {
  return {
    view: 'overview',
    startedMs: Math.min(...all.map(({ startedMs }) => startedMs)),
    recent: mergeHistories(all.map(({ recent }) => recent)),
    hour: mergeHistories(all.map(({ hour }) => hour)),
    errors: regroup(OVERALL_ERROR_KINDS, all, ({ errors }) => errors),
    denied: regroup(OVERALL_AUDIT_KINDS, all, ({ denied }) => denied),
  };
}

function mergeLists(all: readonly WatchedList[]): WatchedList {
  const groups = groupByName(
    all.flatMap(({ rows }) => [...rows]),
    ([name]) => name,
  );
  const merged = [...groups].map(([name, parts]) => {
    const rows = parts.map(([, row]) => row);
    const [seen, history] = [mergeSeen(rows.map((row) => row.seen)), mergeHistories(rows.map((row) => row.history))];
    return [name, { seen, history }] as const;
  });
  return { view: 'list', rows: new Map(merged) };
}

function mergeExtensions(all: readonly WatchedExtension[]): WatchedExtension {
  const numbers = all.flatMap((one) => one.numbers ?? []);
  return {
    view: 'extension',
    numbers: numbers.length === 0 ? undefined : mergeNumbers(numbers),
    lists: mergeTexts(all.map(({ lists }) => lists)),
  };
}

function mergeNumbers(all: readonly WatchedNumbers[]): WatchedNumbers {
  const groups = groupByName(
    all.flatMap(({ handlers }) => handlers),
    ({ name }) => name,
  );
  const handlers = [...groups].map(([name, parts]) => Object.assign(mergeUse(parts), { name }));
  const most: Record<string, number> = {};
  for (const [name, used] of all.flatMap((one) => Object.entries(one.most)))
    most[name] = Math.max(most[name] ?? 0, used);
  return {
    seen: mergeUse(all.map(({ seen }) => seen)),
    history: mergeHistories(all.map(({ history }) => history)),
    handlers: handlers.toSorted((a, b) => b.calls - a.calls),
    most,
  };
}

function mergeUse(all: readonly SeenUse[]): SeenUse {
  return {
    ...mergeSeen(all),
    ...sums(all, ['cpuTimeMs', 'perSecond']),
    maxMs: Math.max(...all.map(({ maxMs }) => maxMs)),
    maxHeapBytes: Math.max(...all.map(({ maxHeapBytes }) => maxHeapBytes)),
  };
}

/** The median is the mean of the medians, weighted by calls; the 99th percentile is the highest. */
function mergeSeen(all: readonly Seen[]): Seen {
  const calls = all.reduce((sum, one) => sum + one.calls, 0);
  return {
    calls,
    failed: all.reduce((sum, one) => sum + one.failed, 0),
    p50Ms: calls === 0 ? 0 : all.reduce((sum, one) => sum + one.p50Ms * one.calls, 0) / calls,
    p99Ms: Math.max(...all.map(({ p99Ms }) => p99Ms)),
  };
}

/** Adds up histories from their newest intervals on: all processes end theirs together. */
function mergeHistories(all: readonly HistoryData[]): HistoryData {
  const length = Math.max(...all.map(({ calls }) => calls.length));
  const points = Array.from({ length }, (_, i) =>
    mergeSeen(
      all.map(({ calls, failed, p50Ms, p99Ms }) => {
        const at = calls.length - length + i;
        return { calls: calls[at] ?? 0, failed: failed[at] ?? 0, p50Ms: p50Ms[at] ?? 0, p99Ms: p99Ms[at] ?? 0 };
      }),
    ),
  );
  const column = (key: keyof Seen): number[] => points.map((point) => point[key]);
  return {
    endMs: Math.max(...all.map(({ endMs }) => endMs)),
    intervalMs: all[0]!.intervalMs,
    ...{ calls: column('calls'), failed: column('failed'), p50Ms: column('p50Ms'), p99Ms: column('p99Ms') },
  };
}

function mergeTexts(all: readonly StatusTexts[]): StatusTexts {
  return {
    errors: regroup(ERROR_KINDS, all, ({ errors }) => errors),
    denied: regroup(AUDIT_KINDS, all, ({ denied }) => denied),
    allowed: regroup(AUDIT_KINDS, all, ({ allowed }) => allowed),
    logs: latest(MAX_LINES, all, ({ logs }) => logs),
    failures: latest(MAX_RECORDINGS, all, ({ failures }) => failures),
    slowest: all
      .flatMap(({ slowest }) => slowest)
      .toSorted((a, b) => b.durationMs - a.durationMs)
      .slice(0, MAX_RECORDINGS),
  };
}

function latest<T extends { timeMs: number }, Part>(
  length: number,
  all: readonly Part[],
  listOf: (part: Part) => readonly T[],
): T[] {
  const items = all.flatMap(listOf).toSorted((a, b) => b.timeMs - a.timeMs);
  return items.slice(0, length);
}

/** Groups entries of one kind again. */
function regroup<T extends Counted, Part>(
  kinds: Kinds<T>,
  all: readonly Part[],
  listOf: (part: Part) => readonly T[],
): T[] {
  const groups = new Groups(kinds);
  for (const item of all.flatMap(listOf).toSorted((a, b) => a.lastMs - b.lastMs)) groups.add(item);
  return groups.toArray();
}
