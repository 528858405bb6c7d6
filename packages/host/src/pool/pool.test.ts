import { decodeValue } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { extensionWire, failed, LOADED, succeeded, TestPool } from './testing/fake-lanes.js';
import { rejection } from './testing/rejection.js';

const coded = (code: string): unknown => expect.objectContaining({ code });

async function poolWith(...ids: number[]): Promise<TestPool> {
  const pool = new TestPool();
  for (const id of ids) await pool.load(extensionWire(id));
  return pool;
}

describe('LanePool', () => {
  test('load resolves to what the engine registered, with the snapshot on shared memory', async () => {
    const pool = new TestPool();
    const loading = pool.core.load(extensionWire(1));
    await pool.settle();
    pool.lane(0).loads[0]?.done({ ok: true, loaded: LOADED });
    const loaded = await loading;
    expect(loaded.registrations).toEqual(LOADED.registrations);
    expect(loaded.snapshot.bytes).toBeInstanceOf(SharedArrayBuffer);
    await pool.core.close(0);
  });

  test('a load outlasts the slow start of its lane, however little time its calls have', async () => {
    const pool = new TestPool();
    pool.autoReady = false;
    const loading = pool.core.load(extensionWire(1, { wallTimeMs: 100 }));
    await pool.settle();
    pool.pass(10_000);
    pool.lane(0).events.ready();
    await pool.settle();
    pool.lane(0).loads[0]?.done({ ok: true, loaded: LOADED });
    expect((await loading).registrations).toEqual(LOADED.registrations);
    await pool.core.close(0);
  });

  test('a load that no lane takes ends', async () => {
    const pool = new TestPool();
    pool.autoReady = false;
    const loading = rejection(pool.core.load(extensionWire(1, { wallTimeMs: 100 })));
    pool.pass(30_010);
    expect(await loading).toEqual(coded('E_WALL'));
    await pool.core.close(0);
  });

  test('a lone call goes at once, to the lane that has loaded its extension, and settles with its value', async () => {
    const pool = await poolWith(1);
    const call = pool.call(1);
    await pool.settle();
    const [batch] = pool.lane(0).batches;
    expect(batch?.install).toEqual([]);
    expect(batch?.calls).toHaveLength(1);
    pool.lane(0).finishAll();
    expect(decodeValue(await call)).toBe(1);
    await pool.core.close(0);
  });

  test('a batch says how many cores its lane and the others leave', async () => {
    const pool = new TestPool({ cores: 2, minThreads: 2, maxThreads: 2 });
    for (const id of [1, 2]) await pool.load(extensionWire(id));
    const calls: Promise<unknown>[] = [];
    const idleCores = async (extension: number): Promise<number | undefined> => {
      const seen = new Set(pool.lanes.flatMap(({ batches }) => batches));
      calls.push(pool.call(extension));
      await pool.settle();
      return pool.lanes.flatMap(({ batches }) => batches).find((batch) => !seen.has(batch))?.idleCores;
    };
    expect(await idleCores(1)).toBe(1);
    expect(await idleCores(2)).toBe(0); // on the other lane
    for (const lane of pool.lanes) lane.finishAll();
    await Promise.all(calls);
    expect(await idleCores(1)).toBe(1);
    for (const lane of pool.lanes) lane.finishAll();
    await Promise.all(calls);
    await pool.core.close(0);
  });

  test('calls made together go together, and an extension is installed once on a lane that has not loaded it', async () => {
    const pool = await poolWith(1);
    pool.lane(0).events.lost(new Error('gone'));
    await pool.settle();
    const calls = [pool.call(1), pool.call(1), pool.call(1)];
    await pool.settle();
    expect(pool.lane(1).batches.map((batch) => batch.calls.length)).toEqual([3]);
    expect(pool.lane(1).batches[0]?.install.map(({ extension }) => extension.id)).toEqual([1]);
    pool.lane(1).finishAll();
    await Promise.all(calls);
    const last = pool.call(1);
    await pool.settle();
    expect(pool.lane(1).batches[0]?.install).toEqual([]);
    pool.lane(1).finishAll();
    await last;
    await pool.core.close(0);
  });

  test('what nobody knows begins a batch, so that no outcome waits for its end', async () => {
    const pool = new TestPool({ maxThreads: 1 });
    for (const id of [1, 2]) await pool.load(extensionWire(id));
    const known = pool.call(1);
    await pool.settle();
    pool.lane(0).finishAll();
    await known;
    const calls = [1, 2, 1].map((id) => pool.call(id));
    await pool.settle();
    const sent = pool.lane(0).batches.map((batch) => batch.calls.map(({ extensionId }) => extensionId));
    expect(sent).toEqual([[1], [2, 1]]);
    pool.lane(0).finishAll();
    await Promise.all(calls);
    await pool.core.close(0);
  });

  test('an error of the guest rejects that call alone', async () => {
    const pool = await poolWith(1);
    const [bad, good] = [pool.call(1), pool.call(1)];
    const refused = rejection(bad);
    await pool.settle();
    pool.lane(0).batches[0]?.done([failed(1), succeeded(2)]);
    expect(await refused).toEqual(
      expect.objectContaining({ code: 'E_GUEST', message: 'no', extension: 'extension-1', callId: 1 }),
    );
    expect(decodeValue(await good)).toBe(2);
    await pool.core.close(0);
  });

  test('a call gets E_WALL when its time is up, its lane is told, and a late outcome changes nothing', async () => {
    const pool = await poolWith(1);
    const call = pool.call(1, { wallTimeMs: 50 });
    const refused = rejection(call);
    await pool.settle();
    pool.pass(60);
    expect(await refused).toEqual(coded('E_WALL'));
    await pool.settle();
    expect(pool.lane(0).aborted).toEqual([1]);
    pool.lane(0).finishAll();
    expect(pool.core.stats()).toMatchObject({ accepted: 2, settled: { ok: 1, E_WALL: 1 }, ignored: 1 });
    await pool.core.close(0);
  });

  test('a pause of this thread uses up no wall time', async () => {
    const pool = await poolWith(1);
    const call = pool.call(1, { wallTimeMs: 1_000 });
    await pool.settle();
    pool.realMs += 3_600_000;
    pool.core.tick();
    pool.lane(0).finishAll();
    expect(decodeValue(await call)).toBe(1);
    await pool.core.close(0);
  });

  test.each(['before it is made', 'queued', 'running'] as const)('an abort ends a call: %s', async (state) => {
    const pool = new TestPool({ maxThreads: 1 });
    await pool.load(extensionWire(1));
    const controller = new AbortController();
    if (state === 'before it is made') controller.abort();
    if (state === 'queued') pool.lane(0).enter(99);
    const call = pool.call(1, { signal: controller.signal });
    const refused = rejection(call);
    if (state === 'running') await pool.settle();
    controller.abort();
    expect(await refused).toEqual(coded('E_ABORTED'));
    await pool.settle();
    expect(pool.lane(0).aborted).toEqual(state === 'running' ? [1] : []);
    pool.lane(0).finishAll();
    expect(pool.core.stats()).toMatchObject({ queued: 0, running: 0 });
    await pool.core.close(0);
  });

  test('an abort after the end changes nothing', async () => {
    const pool = await poolWith(1);
    const controller = new AbortController();
    const call = pool.call(1, { signal: controller.signal });
    await pool.settle();
    pool.lane(0).finishAll();
    await call;
    controller.abort();
    expect(pool.core.stats().settled).toEqual({ ok: 2 });
    await pool.core.close(0);
  });

  test('a full queue refuses at once, for the extension first and then for the host', async () => {
    const pool = new TestPool({ maxThreads: 1, maxQueueLength: 3, maxExtensionQueueLength: 2 });
    for (const id of [1, 2]) await pool.load(extensionWire(id));
    const taken = [pool.call(1), pool.call(1)];
    await expect(pool.call(1)).rejects.toEqual(coded('E_QUEUE_FULL'));
    await pool.settle();
    pool.lane(0).finishAll();
    await Promise.all(taken);
    const again = [pool.call(1), pool.call(1), pool.call(2)];
    await expect(pool.call(2)).rejects.toEqual(
      expect.objectContaining({ limit: { name: 'maxQueueLength', value: 3 } }),
    );
    await pool.settle();
    pool.lane(0).finishAll();
    await Promise.all(again);
    expect(pool.core.stats().refused).toBe(2);
    await pool.core.close(0);
  });

  test('unload frees the lane that an extension was loaded on, also if no call was sent there', async () => {
    const pool = await poolWith(1);
    await pool.core.unload(1);
    expect(pool.lane(0).forgotten).toEqual([1]);
    await pool.core.close(0);
  });

  test('a load that fails leaves nothing on its lane', async () => {
    const pool = new TestPool();
    const failing = rejection(pool.core.load(extensionWire(1)));
    await pool.settle();
    pool.lane(0).loads[0]?.done({ ok: false, error: { code: 'E_LOAD', message: 'no' } });
    await failing;
    expect(pool.lane(0).forgotten).toEqual([1]);
    expect(pool.core.stats().lanes[0]?.extensions).toBe(0);
    await pool.core.close(0);
  });

  test('unload lets calls in flight finish, refuses new ones, and frees the lanes', async () => {
    const pool = await poolWith(1);
    const call = pool.call(1);
    await pool.settle();
    const unloading = pool.core.unload(1);
    await expect(pool.call(1)).rejects.toEqual(coded('E_NOT_FOUND'));
    pool.lane(0).finishAll();
    expect(decodeValue(await call)).toBe(1);
    await unloading;
    expect(pool.lane(0).forgotten).toEqual([1]);
    expect(pool.core.stats()).toMatchObject({ accepted: 2, extensions: [] });
    await pool.core.close(0);
  });

  test('close drains, settles what is left with E_CLOSED at its deadline, and takes nothing more', async () => {
    const pool = await poolWith(1);
    const [done, stuck] = [pool.call(1), pool.call(1)];
    const refused = rejection(stuck);
    await pool.settle();
    const closing = pool.core.close(1);
    await expect(pool.call(1)).rejects.toEqual(coded('E_CLOSED'));
    pool.lane(0).events.outcomes([succeeded(1)]);
    expect(decodeValue(await done)).toBe(1);
    expect(await refused).toEqual(coded('E_CLOSED'));
    await closing;
    expect(pool.lanes.every(({ isTerminated }) => isTerminated)).toBe(true);
  });

  test('stats add up: accepted is settled, queued and running', async () => {
    const pool = await poolWith(1);
    const calls = Array.from({ length: 10 }, () => pool.call(1));
    await pool.settle();
    const { accepted, settled, queued, running, extensions, lanes } = pool.core.stats();
    expect(accepted).toBe(11);
    expect((settled.ok ?? 0) + queued + running).toBe(11);
    expect(extensions).toMatchObject([{ name: 'extension-1', accepted: 11, lanes: 1 }]);
    expect(lanes[0]).toMatchObject({ state: 'ready', running: 10, extensions: 1 });
    pool.lane(0).finishAll();
    await Promise.all(calls);
    const { loads, runMs, loadMs } = pool.core.stats();
    expect([loads, runMs.count, loadMs.count]).toEqual([{ ok: 1 }, 10, 1]);
    await pool.core.close(0);
  });
});
