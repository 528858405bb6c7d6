import { describe, expect, test } from 'vitest';

import { createHost } from '../../host.js';
import { BUCKET_BOUNDS_MS } from '../../pool/stats/buckets.js';
import type { ExtensionStats, Percentiles } from '../../pool/stats/stats.js';
import type { ExtensionInfo } from '../../types.js';
import { readProcessFacts, type ServiceReport } from '../report.js';
import { reportStatus } from '../status/report-status.js';
import { Watch } from '../status/watch.js';
import type { StatusWanted, Watched, WatchedExtension, WatchedList, WatchedOverview } from '../status/watched.js';
import { mergeReloads } from './merge-reloads.js';
import { keepCounters, mergeReports } from './merge-reports.js';

await using host = await createHost({ pool: 'inline' });
const idle = host.stats();

/** Durations of which half took 1 ms and the rest `ms`. */
function durations(count: number, ms: number): Percentiles {
  const buckets = BUCKET_BOUNDS_MS.map((bound) => (bound < 1 ? 0 : bound < ms ? count / 2 : count));
  return { count, p50: 1, p90: ms, p99: ms, max: ms, sumMs: (count / 2) * (1 + ms), buckets };
}

function report(calls: number, ms: number, parts: Partial<ExtensionStats & ExtensionInfo> = {}): ServiceReport {
  const { lanes: _lanes, extensions: _extensions, ...counts } = idle;
  const own = { accepted: calls, settled: { ok: calls, E_CPU: 1 }, running: 1, runMs: durations(calls, ms) };
  const capabilityCalls = { log: { allowed: calls, denied: 1 } };
  const extension = { ...counts, ...own, capabilityCalls, id: 1, name: 'a', lanes: 1, ...parts };
  return {
    stats: { ...idle, ...own, kills: 1, memoryBytes: 8, extensions: [extension] },
    extensions: [{ name: 'a', state: 'ready', ...parts } as ExtensionInfo], // what is read of it
    service: { responses: new Map([[200, calls]]), inFlight: 1, refused: 1 },
    process: {
      ...readProcessFacts({ view: 'overview' }),
      rssBytes: 100,
      cpuSeconds: 2,
      eventLoopDelay: [['1', ms / 1_000]],
    },
  };
}

describe('reports of processes', () => {
  test('are added up; a median is their mean by calls, the tail the worst of theirs', () => {
    const { stats, service, process, extensions } = mergeReports([report(30, 2), report(10, 6)]);
    const runMs = { count: 40, p50: 1, p90: 3, p99: 6, max: 6, sumMs: 80 };
    const counted = { accepted: 40, settled: { ok: 40, E_CPU: 2 }, running: 2, runMs };
    expect(stats).toMatchObject({ ...counted, kills: 2, memoryBytes: 16 });
    expect(stats.extensions).toMatchObject([{ ...counted, capabilityCalls: { log: { allowed: 40, denied: 2 } } }]);
    expect(stats.runMs.buckets.slice(0, 5)).toEqual([0, 20, 35, 35, 40]);
    expect(service).toEqual({ responses: new Map([[200, 40]]), inFlight: 2, refused: 2 });
    expect(process).toMatchObject({ processes: 2, rssBytes: 200, cpuSeconds: 4, eventLoopDelay: [['1', 0.006]] });
    expect(extensions).toHaveLength(1);
  });

  test('of one that is gone leave their counters, and nothing that was under way', () => {
    const { stats, service, process } = mergeReports([report(1, 2)], keepCounters(report(10, 2)));
    expect(stats).toMatchObject({ settled: { ok: 11 }, running: 1, memoryBytes: 8, extensions: [{ running: 1 }] });
    expect([service.inFlight, service.refused, process.processes, process.rssBytes]).toEqual([1, 2, 1, 100]);
    expect(process.cpuSeconds).toBe(4);
  });

  test('of one that is gone say nothing of what is loaded nowhere any more', () => {
    const ended = keepCounters(report(10, 2, { name: 'gone' }));
    expect(mergeReports([report(1, 2)], ended).stats.extensions.map(({ name }) => name)).toEqual(['a']);
  });

  test('take the newer of two versions in each, and a failure in any', () => {
    const first = report(1, 2);
    first.stats.extensions.push({ ...first.stats.extensions[0]!, id: 2, settled: { ok: 5 } });
    const { stats, extensions } = mergeReports([first, report(1, 2, { state: 'failed' })]);
    expect(stats.extensions).toMatchObject([{ settled: { ok: 6 } }]);
    expect(extensions).toMatchObject([{ state: 'failed' }]);
  });
});

/** What a process watched in which one extension was called. */
function watch(calls: number, durationMs: number, ticks: number): Watch {
  const watched = new Watch();
  const registration = { type: 'operation', id: 'x', handler: 0 } as const;
  for (let i = 0; i < calls; i++)
    watched.addCall({ extension: 'a', callId: i, registration, outcome: 'E_CPU', durationMs, cpuTimeMs: 2 });
  watched.addAudit({ ...AUDIT, callId: 1 });
  watched.addError(new Error('no item 1'), { extension: 'a' });
  for (let i = 0; i < ticks; i++) watched.tick();
  return watched;
}

const AUDIT = {
  extension: 'a',
  capability: 'request',
  target: '',
  decision: 'denied',
  bytes: 0,
  durationMs: 1,
} as const;

function mergeStatus(wanted: StatusWanted, all = [watch(1, 1, 24), watch(3, 2, 12)]): Watched | undefined {
  const service = { responses: new Map<number, number>(), inFlight: 0, refused: 0 };
  const reports = all.map((one) => Object.assign(reportStatus(host, one, wanted), { service }));
  return mergeReports(reports).watched;
}

describe('what processes have watched', () => {
  test('has histories that are merged from their newest point on', () => {
    const merged = mergeStatus({ view: 'overview' }) as WatchedOverview;
    expect(merged.hour).toMatchObject({ calls: [1, 3], failed: [1, 3] });
    expect(merged.recent.calls).toEqual([1, ...Array(11).fill(0), 3, ...Array(11).fill(0)]);
    expect(merged.errors).toMatchObject([{ message: 'no item 1', count: 2 }]);
    expect(merged.denied).toMatchObject([{ capability: 'request', count: 2 }]);
  });

  test('keeps of all extensions as many kinds as one process does', () => {
    const all = [watch(1, 1, 0), watch(1, 1, 0)];
    for (const [at, one] of all.entries())
      for (const kind of 'abcdefghijklmnopqrstuvwxyz') {
        one.addError(new Error(kind + ['x', 'y'][at]), { extension: 'a' });
        one.addAudit({ ...AUDIT, callId: 1, target: kind + ['x', 'y'][at] });
      }
    const merged = mergeStatus({ view: 'overview' }, all) as WatchedOverview;
    expect([all[0]!.errors.length, all[0]!.denied.length]).toEqual([10, 10]);
    expect([merged.errors.length, merged.denied.length]).toEqual([10, 10]);
  });

  test('adds up the calls of each extension', () => {
    const { rows } = mergeStatus({ view: 'list' }) as WatchedList;
    const { seen } = rows.get('a')!;
    expect(seen).toMatchObject({ calls: 4, failed: 4 });
    expect([seen.p50Ms, seen.p99Ms].map((ms) => Math.round(ms * 100))).toEqual([175, 200]);
  });

  test('has of one extension the numbers of all, and the latest texts', () => {
    const { numbers, lists } = mergeStatus({ view: 'extension', name: 'a' }) as WatchedExtension;
    expect(numbers).toMatchObject({ seen: { calls: 4, cpuTimeMs: 8 }, most: { wallTimeMs: 2, cpuTimeMs: 2 } });
    expect(numbers?.handlers).toMatchObject([{ name: 'operation x', calls: 4, maxMs: 2, cpuTimeMs: 8 }]);
    expect(lists.failures).toHaveLength(4);
    expect(lists.denied).toMatchObject([{ count: 2 }]);
    expect(mergeStatus({ view: 'extension', name: 'b' })).toMatchObject({ numbers: undefined });
  });
});

describe('reloads of processes', () => {
  test('have failed where one of them has', () => {
    const failed = [{ name: 'b', message: 'no' }];
    const all = [
      { reloaded: ['a', 'b'], failed: [] },
      { reloaded: ['a'], failed },
    ];
    expect(mergeReloads(all)).toEqual({ reloaded: ['a'], failed });
  });
});
