import { decodeValue } from '@sandglass/core';
import { describe, expect, test, vi } from 'vitest';

import type { BackgroundEnd, CapabilityOptions } from './contract.js';
import { extensionWire, succeeded, TestPool } from './testing/fake-lanes.js';

/** A call of extension 1 that is answered, and goes on. */
async function answered(limits = {}): Promise<{ pool: TestPool; ends: BackgroundEnd[]; signals: AbortSignal[] }> {
  const ends: BackgroundEnd[] = [];
  const signals: AbortSignal[] = [];
  const onCapability: CapabilityOptions['onCapability'] = ({ ending }) => {
    signals.push(ending.signal);
    return new Promise(() => {});
  };
  const pool = new TestPool({ maxThreads: 1, onBackground: (end) => ends.push(end), onCapability });
  await pool.load(extensionWire(1, limits));
  const call = pool.call(1);
  await pool.settle();
  pool.lane(0).ask({ callId: 1, name: 'sleep' });
  pool.lane(0).answer(1);
  expect(decodeValue(await call)).toBe(1);
  return { pool, ends, signals };
}

const coded = (code: string): unknown => expect.objectContaining({ code });

describe('background of a call', () => {
  test('the caller has its result at once, and its lane still counts the call', async () => {
    const { pool, ends, signals } = await answered();
    expect(pool.core.stats()).toMatchObject({ settled: { ok: 2 }, running: 0, background: 1 });
    expect(signals[0]?.aborted).toBe(false);
    pool.lane(0).finishAll();
    expect(ends).toMatchObject([{ callId: 1, extension: { id: 1 }, error: undefined, usage: { heapBytes: 0 } }]);
    expect(signals[0]?.aborted).toBe(true);
    expect(pool.core.stats()).toMatchObject({ accepted: 2, settled: { ok: 2 }, background: 0 });
    await pool.core.close(0);
  });

  test('capability calls after the answer are served, within the quotas of the whole call', async () => {
    const { pool, ends, signals } = await answered({ maxCapabilityCalls: 2 });
    pool.lane(0).ask({ callId: 1, seq: 2, name: 'sleep' });
    expect(signals).toHaveLength(2);
    pool.lane(0).ask({ callId: 1, seq: 3, name: 'sleep' });
    expect(ends).toMatchObject([{ error: { code: 'E_QUOTA', limit: { name: 'maxCapabilityCalls' } } }]);
    await pool.settle();
    expect(pool.lane(0).aborted).toEqual([1]);
    await pool.core.close(0);
  });

  test('its time is that of the call, from its acceptance on', async () => {
    const { pool, ends } = await answered({ wallTimeMs: 100 });
    pool.pass(110);
    expect(ends).toMatchObject([{ error: { code: 'E_WALL' } }]);
    expect(pool.core.stats()).toMatchObject({ settled: { ok: 2 }, background: 0 });
    await pool.core.close(0);
  });

  test('a caller that gives up after its answer ends nothing', async () => {
    const pool = new TestPool({ maxThreads: 1 });
    await pool.load(extensionWire(1));
    const caller = new AbortController();
    const call = pool.call(1, { signal: caller.signal });
    await pool.settle();
    pool.lane(0).answer(1);
    await call;
    caller.abort();
    expect(pool.core.stats().background).toBe(1);
    pool.lane(0).finishAll();
    await pool.core.close(0);
  });

  test('what a lost lane was at after an answer is not run again, and told', async () => {
    const { pool, ends } = await answered();
    pool.lane(0).events.lost(new Error('gone'));
    await pool.settle();
    expect(ends).toMatchObject([{ error: { code: 'E_WORKER_LOST' } }]);
    expect(pool.core.stats()).toMatchObject({ reruns: 0, background: 0, settled: { ok: 2 } });
    await pool.core.close(0);
  });

  test('a watchdog that ends the lane blames the call, and tells', async () => {
    const { pool, ends } = await answered({ cpuTimeMs: 100 });
    pool.lane(0).enter(1);
    pool.pass(250);
    expect(ends).toMatchObject([{ error: { code: 'E_CPU' } }]);
    expect(pool.core.stats()).toMatchObject({ kills: 1, settled: { ok: 2 } });
    await pool.core.close(0);
  });

  test('unload and close wait for it; a deadline ends it', async () => {
    const { pool, ends } = await answered();
    const over = vi.fn<() => void>();
    const unloading = pool.core.unload(1).then(over);
    await pool.settle();
    expect(over).not.toHaveBeenCalled();
    await pool.core.close(1);
    await unloading;
    expect(ends).toMatchObject([{ error: { code: 'E_CLOSED' } }]);
  });

  test('who waits is given the end, which never rejects', async () => {
    const pool = new TestPool({ maxThreads: 1 });
    await pool.load(extensionWire(1));
    const ends: Promise<void>[] = [];
    const request = { extension: { id: 1, name: 'x' }, handler: 0, argument: new Uint8Array(1) };
    const calls = [1, 2].map(() => pool.core.call({ ...request, waitUntil: (end) => ends.push(end) }));
    await pool.settle();
    pool.lane(0).answer(2);
    pool.lane(0).events.outcomes([succeeded(1)]);
    await Promise.all(calls);
    expect(ends).toHaveLength(1); // the other left nothing
    pool.lane(0).events.lost(new Error('gone'));
    expect(await ends[0]).toBeUndefined();
    await pool.core.close(0);
  });

  test('an engine that answers twice settles nothing twice', async () => {
    const { pool, ends } = await answered();
    pool.lane(0).answer(1);
    expect(ends).toHaveLength(1); // the second one is the last
    pool.lane(0).answer(1);
    expect(pool.core.stats()).toMatchObject({ ignored: 1, settled: { ok: 2 }, background: 0 });
    expect(ends).not.toContainEqual(coded('E_WORKER_LOST'));
    await pool.core.close(0);
  });
});
