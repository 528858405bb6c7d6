import { AUDIT_KINDS, ERROR_KINDS, type ExtensionTexts, MAX_LINES, MAX_RECORDINGS } from '../status/extension-texts.js';
import { type Counted, Groups, type Kinds } from '../status/groups.js';
import type { HistoryData, Seen, StatusHandler } from '../status/status-data.js';
import type { Watched, WatchedExtension, WatchedList, WatchedNumbers, WatchedOverview } from '../status/watched.js';

/** What several processes have watched, as one. @param all of one view; one at least. */
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
    errors: regroup(
      ERROR_KINDS,
      all.map(({ errors }) => errors),
    ),
    denied: regroup(
      AUDIT_KINDS,
      all.map(({ denied }) => denied),
    ),
  };
}

function mergeLists(all: readonly WatchedList[]): WatchedList {
  const rows = byName(all.map((one) => [...one.rows]));
  const merged = [...rows].map(([name, parts]) => {
    const [seen, history] = [mergeSeen(parts.map((one) => one.seen)), mergeHistories(parts.map((one) => one.history))];
    return [name, { seen, history }] as const;
  });
  return { view: 'list', rows: new Map(merged) };
}

function mergeExtensions(all: readonly WatchedExtension[]): WatchedExtension {
  const numbers = all.flatMap((one) => one.numbers ?? []);
  const lists = all.map((one) => one.lists);
  return {
    view: 'extension',
    numbers: numbers.length === 0 ? undefined : mergeNumbers(numbers),
    lists: mergeTexts(lists),
  };
}

function mergeNumbers(all: readonly WatchedNumbers[]): WatchedNumbers {
  const handlers = byName(all.map((one) => one.handlers.map((handler) => [handler.name, handler] as const)));
  const most: Record<string, number> = {};
  for (const [name, used] of all.flatMap((one) => Object.entries(one.most)))
    most[name] = Math.max(most[name] ?? 0, used);
  return {
    seen: mergeUse(all.map(({ seen }) => seen)),
    history: mergeHistories(all.map(({ history }) => history)),
    handlers: [...handlers.values()].map(mergeHandlers).toSorted((a, b) => b.calls - a.calls),
    most,
  };
}

function mergeHandlers(all: readonly StatusHandler[]): StatusHandler {
  const maxMs = Math.max(...all.map((one) => one.maxMs));
  return { ...mergeUse(all), name: all[0]!.name, maxMs };
}

function mergeUse(all: readonly WatchedNumbers['seen'][]): WatchedNumbers['seen'] {
  return {
    ...mergeSeen(all),
    cpuTimeMs: all.reduce((sum, { cpuTimeMs }) => sum + cpuTimeMs, 0),
    maxHeapBytes: Math.max(...all.map(({ maxHeapBytes }) => maxHeapBytes)),
  };
}

/** The median is the mean of theirs by calls; the 99th percentile the worst of theirs. */
function mergeSeen(all: readonly Seen[]): Seen {
  const calls = all.reduce((sum, one) => sum + one.calls, 0);
  return {
    calls,
    failed: all.reduce((sum, one) => sum + one.failed, 0),
    p50Ms: calls === 0 ? 0 : all.reduce((sum, one) => sum + one.p50Ms * one.calls, 0) / calls,
    p99Ms: Math.max(...all.map(({ p99Ms }) => p99Ms)),
  };
}

/** Every process ends its intervals alike: the newest of all belong together, and so on. */
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

function mergeTexts(all: readonly ExtensionTexts['lists'][]): ExtensionTexts['lists'] {
  const latest = <T extends { timeMs: number }>(lists: readonly T[][], length: number): T[] =>
    lists
      .flat()
      .toSorted((a, b) => b.timeMs - a.timeMs)
      .slice(0, length);
  return {
    errors: regroup(
      ERROR_KINDS,
      all.map(({ errors }) => errors),
    ),
    denied: regroup(
      AUDIT_KINDS,
      all.map(({ denied }) => denied),
    ),
    allowed: regroup(
      AUDIT_KINDS,
      all.map(({ allowed }) => allowed),
    ),
    logs: latest(
      all.map(({ logs }) => logs),
      MAX_LINES,
    ),
    failures: latest(
      all.map(({ failures }) => failures),
      MAX_RECORDINGS,
    ),
    slowest: all
      .flatMap(({ slowest }) => slowest)
      .toSorted((a, b) => b.durationMs - a.durationMs)
      .slice(0, MAX_RECORDINGS),
  };
}

/** Those of one kind are one again. */
function regroup<T extends Counted & { lastMs: number }>(kinds: Kinds<T>, all: readonly T[][]): T[] {
  const groups = new Groups(kinds);
  for (const item of all.flat().toSorted((a, b) => a.lastMs - b.lastMs)) groups.add(item);
  return groups.toArray();
}

function byName<T>(all: readonly (readonly (readonly [name: string, part: T])[])[]): Map<string, T[]> {
  const parts = new Map<string, T[]>();
  for (const [name, part] of all.flat()) {
    const known = parts.get(name);
    if (known) known.push(part);
    else parts.set(name, [part]);
  }
  return parts;
}
