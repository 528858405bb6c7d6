import { describe, expect, test } from 'vitest';

import type { ExtensionStats, PoolStats } from '../pool/stats/stats.js';
import { METRIC_FAMILIES, renderMetrics } from './metrics.js';

const NONE = { count: 0, p50: 0, p90: 0, p99: 0, max: 0, sumMs: 0, buckets: [] };
const BUCKETS = [0, 0, 2, 2, ...Array.from({ length: 11 }, () => 3)];

function extension(id: number, settled: ExtensionStats['settled'], name = 'hello'): ExtensionStats {
  return {
    id,
    name,
    lanes: 1,
    accepted: 3,
    settled,
    refused: 2,
    queued: 1,
    running: 0,
    background: 0,
    queueMs: NONE,
    runMs: { count: 3, p50: 2, p90: 4, p99: 8, max: 9, sumMs: 12.000_000_3, buckets: BUCKETS },
    loadMs: NONE,
    loads: { ok: 1 },
    cpuTimeMs: 0.663_000_000_000_001,
    capabilityCalls: { log: { allowed: 5, denied: 0 }, request: { allowed: 1, denied: 2 } },
    capabilityMs: NONE,
  };
}

function render(...extensions: ExtensionStats[]): string {
  return [...renderPieces(...extensions)].join('');
}

function renderPieces(...extensions: ExtensionStats[]): Generator<string> {
  return renderMetrics(inputOf(...extensions));
}

function inputOf(...extensions: ExtensionStats[]): Parameters<typeof renderMetrics>[0] {
  const stats = {
    extensions,
    lanes: [{}, {}],
    kills: 1,
    lost: 0,
    reruns: 0,
    restores: 5,
    replacements: 0,
    failures: 0,
    violations: 0,
    memoryBytes: 4096,
    maxMemoryBytes: 8192,
  } as unknown as PoolStats; // what is read of it
  return {
    stats,
    extensions: [],
    service: {
      responses: new Map([
        [200, 4],
        [503, 1],
      ]),
      inFlight: 1,
      refused: 1,
    },
    process: { processes: 1, lost: 0, rssBytes: 1, cpuSeconds: 1, eventLoopDelay: [['1', 0.001]] },
  };
}

describe('renderMetrics', () => {
  test('counts calls by extension and outcome, and times them in seconds', () => {
    expect(render(extension(1, { ok: 3, E_CPU: 1 })).split('\n')).toEqual(
      expect.arrayContaining([
        'sandglass_calls_total{extension="hello",outcome="ok"} 2',
        'sandglass_loads_total{extension="hello",outcome="ok"} 1',
        'sandglass_calls_total{extension="hello",outcome="E_CPU"} 1',
        'sandglass_calls_refused_total{extension="hello"} 2',
        'sandglass_call_run_seconds_bucket{extension="hello",le="0.001"} 0',
        'sandglass_call_run_seconds_bucket{extension="hello",le="0.0025"} 2',
        'sandglass_call_run_seconds_bucket{extension="hello",le="30"} 3',
        'sandglass_call_run_seconds_bucket{extension="hello",le="+Inf"} 3',
        'sandglass_call_run_seconds_sum{extension="hello"} 0.012',
        'sandglass_cpu_seconds_total{extension="hello"} 0.000663',
        'sandglass_capability_calls_total{extension="hello",capability="request",decision="denied"} 2',
        'sandglass_log_lines_total{extension="hello"} 5',
        expect.stringMatching(/^sandglass_build_info\{version="\d[^"]*",node="\d[^"]*"\} 1$/),
        'sandglass_call_run_seconds_count{extension="hello"} 3',
        'sandglass_workers 2',
        'sandglass_worker_kills_total 1',
        'sandglass_http_requests_total{status="503"} 1',
      ]),
    );
  });

  test('durations are summaries for who asks for them', () => {
    const text = [...renderMetrics({ ...inputOf(extension(1, { ok: 3 })), summaries: true })].join('');
    expect(text).toContain('# TYPE sandglass_call_run_seconds summary\n');
    expect(text).toContain('sandglass_call_run_seconds{extension="hello",quantile="0.99"} 0.008\n');
    expect(text).toContain('sandglass_call_run_seconds_sum{extension="hello"} 0.012\n');
    expect(text).not.toContain('_bucket');
  });

  test('escapes what a name may hold', () => {
    expect(render(extension(1, { ok: 2 }, 'a"b\\c\nd'))).toContain('{extension="a\\"b\\\\c\\nd",outcome="ok"} 1');
  });

  test('names every family once, counters by their unit and _total', () => {
    const names = METRIC_FAMILIES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type } of METRIC_FAMILIES) expect(name.endsWith('_total')).toBe(type === 'counter');
  });

  test('ten thousand extensions come in many pieces', () => {
    const pieces = [...renderPieces(...Array.from({ length: 10_000 }, (_, i) => extension(i, { ok: 1 }, `e${i}`)))];
    const text = pieces.join('');
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(65_536);
    expect(text.match(/^sandglass_call_run_seconds_count/gm)).toHaveLength(10_000);
    expect(text.match(/^# TYPE sandglass_call_run_seconds /gm)).toHaveLength(1);
  });
});
