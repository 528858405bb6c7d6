import type { HistoryPoint } from '../status/history.js';
import { MAX_RECENT } from '../status/recent.js';
import type { Watched } from '../status/status-data.js';

/** What the status pages of several processes have watched, as one. */
export function mergeWatched(all: readonly Watched[]): Watched {
  const names = new Set(all.flatMap(({ byExtension }) => [...byExtension.keys()]));
  const historyOf = (name: string): HistoryPoint[] =>
    mergeHistories(all.flatMap(({ byExtension }) => [byExtension.get(name) ?? []]));
  return {
    startedMs: Math.min(...all.map(({ startedMs }) => startedMs)),
    total: mergeHistories(all.map(({ total }) => total)),
    byExtension: new Map([...names].map((name) => [name, historyOf(name)])),
    errors: latest(all.flatMap(({ errors }) => errors)),
    audit: latest(all.flatMap(({ audit }) => audit)),
  };
}

/** Every process ends an interval each second: the newest of all belong together, and so on. */
function mergeHistories(all: readonly (readonly HistoryPoint[])[]): HistoryPoint[] {
  const length = Math.max(...all.map((points) => points.length));
  return Array.from({ length }, (_, at) => mergePoints(all.flatMap((points) => points.at(at - length) ?? [])));
}

/** The median is the mean of theirs by calls; the 99th percentile the worst of theirs. */
function mergePoints(points: readonly HistoryPoint[]): HistoryPoint {
  const sum = (read: (point: HistoryPoint) => number): number => points.reduce((all, point) => all + read(point), 0);
  const calls = sum((point) => point.calls);
  return {
    timeMs: Math.max(...points.map(({ timeMs }) => timeMs)),
    calls,
    failed: sum(({ failed }) => failed),
    p50Ms: calls === 0 ? 0 : sum(({ p50Ms, calls: count }) => p50Ms * count) / calls,
    p99Ms: Math.max(...points.map(({ p99Ms }) => p99Ms)),
  };
}

function latest<Entry extends { timeMs: number }>(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((a, b) => a.timeMs - b.timeMs).slice(-MAX_RECENT);
}
