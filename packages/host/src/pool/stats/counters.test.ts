import { describe, expect, test } from 'vitest';

import { createHost } from '../../host.js';
import { BUCKET_BOUNDS_MS } from './buckets.js';
import { CallCounters } from './counters.js';
import { Durations } from './durations.js';

describe('CallCounters', () => {
  test('durations are counted by bucket, each up to its bound, and summed', () => {
    const durations = new Durations();
    for (const ms of [0.5, 0.501, 30_000, 30_001]) durations.record(ms);
    const { count, sumMs, buckets } = durations.percentiles();
    expect([count, sumMs]).toEqual([4, 60_002.001]);
    expect(buckets).toEqual(BUCKET_BOUNDS_MS.map((ms) => (ms < 1 ? 1 : ms < 30_000 ? 2 : 3)));
  });

  test('a total has what each of its parts counted', () => {
    const total = new CallCounters();
    for (const how of ['ok', 'E_LOAD'] as const) {
      const part = new CallCounters(total);
      part.countSettled(how, true);
      part.countSettled('ok', false);
      part.countCapabilityCall('request', 'denied');
      part.countCpuTime(1.5);
      part.runMs.record(2);
      total.addDurations(part);
    }
    expect(total.toStats({ queued: 0, live: 0, background: 0 })).toMatchObject({
      settled: { ok: 3, E_LOAD: 1 },
      loads: { ok: 1, E_LOAD: 1 },
      capabilityCalls: { request: { allowed: 0, denied: 2 } },
      cpuTimeMs: 3,
      runMs: { count: 2, sumMs: 4, buckets: expect.arrayContaining([0, 2]) as number[] },
    });
  });

  test('a host counts its loads apart, and capability calls by what was decided', async () => {
    await using host = await createHost({ pool: 'inline', onError: () => {} });
    const source = `import { log, request } from 'directus:api';
    export default { id: 'ask', handler: async () => { log('a'); log('b'); try { await request('https://b.test/'); } catch {} } };`;
    const requestedScopes = { log: {}, request: { methods: ['GET'], urls: ['https://a.test/*'] } };
    const extension = {
      type: 'operation',
      path: { app: 'a.js', api: 'b.js' },
      source: { app: 'a', api: 'b' },
      host: '*',
    };
    const sandbox = { enabled: true, requestedScopes };
    await host.load({
      manifest: { name: 'ask', version: '1.0.0', 'directus:extension': { ...extension, sandbox } },
      source,
    });
    await host.operation('ask');
    const [stats] = host.stats().extensions;
    expect(stats).toMatchObject({
      settled: { ok: 2 },
      loads: { ok: 1 },
      runMs: { count: 1 },
      loadMs: { count: 1 },
      capabilityCalls: { log: { allowed: 2, denied: 0 }, request: { allowed: 0, denied: 1 } },
    });
    expect(stats!.cpuTimeMs).toBeGreaterThan(0);
  });
});
