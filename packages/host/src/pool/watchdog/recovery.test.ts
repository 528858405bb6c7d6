import { decodeValue, SLOT } from '@sandglass/core';
import { describe, expect, test, vi } from 'vitest';

import { extensionWire, LOADED, succeeded, TestPool } from '../testing/fake-lanes.js';
import { rejection } from '../testing/rejection.js';

const coded = (code: string): unknown => expect.objectContaining({ code });

/** Two ready lanes, and nothing on them. */
async function twoLanes(limits = {}): Promise<TestPool> {
  const pool = new TestPool({ minThreads: 2 });
  await pool.load(extensionWire(1, limits));
  return pool;
}

describe('Recovery', () => {
  test('a lane stuck in one call past its CPU limit and the grace is ended, and that call alone is blamed', async () => {
    const pool = await twoLanes({ cpuTimeMs: 200 });
    const calls = [pool.call(1), pool.call(1)];
    const blamed = rejection(calls[0]!);
    await pool.settle();
    const stuck = pool.lanes.findIndex((lane) => lane.callIds.includes(1));
    const { slots } = pool.lane(stuck);
    pool.lane(stuck).enter(1);
    pool.pass(200);
    expect(slots[SLOT.stop]).toBe(0);
    pool.pass(25);
    expect(slots[SLOT.stop]).toBe(slots[SLOT.slice]);
    pool.pass(60);
    expect(pool.lane(stuck).isTerminated).toBe(false);
    pool.pass(20);
    expect(await blamed).toEqual(
      expect.objectContaining({ code: 'E_CPU', limit: expect.objectContaining({ name: 'cpuTimeMs', value: 200 }) }),
    );
    expect(pool.lane(stuck).isTerminated).toBe(true);
    await pool.settle();
    expect(pool.lanes).toHaveLength(3);
    for (const lane of pool.lanes) if (!lane.isTerminated) lane.finishAll();
    expect(decodeValue(await calls[1]!)).toBe(2);
    expect(pool.core.stats()).toMatchObject({ kills: 1, settled: { ok: 2, E_CPU: 1 } });
    await pool.core.close(0);
  });

  test('a pause of this thread makes no call look stuck', async () => {
    const pool = await twoLanes({ cpuTimeMs: 200 });
    const call = pool.call(1);
    await pool.settle();
    pool.lane(0).enter(1);
    pool.core.tick();
    for (let i = 0; i < 5; i++) {
      pool.realMs += 60_000;
      pool.core.tick();
    }
    expect(pool.lane(0).isTerminated).toBe(false);
    pool.lane(0).leave();
    pool.lane(0).finishAll();
    expect(decodeValue(await call)).toBe(1);
    await pool.core.close(0);
  });

  test('slices of one call are not added up: a call that comes and goes is not stuck', async () => {
    const pool = await twoLanes({ cpuTimeMs: 100 });
    const call = pool.call(1);
    await pool.settle();
    for (let i = 0; i < 10; i++) {
      pool.lane(0).enter(1);
      pool.pass(100);
    }
    expect(pool.lane(0).isTerminated).toBe(false);
    pool.lane(0).leave();
    pool.lane(0).finishAll();
    await call;
    await pool.core.close(0);
  });

  test('a lane that hangs outside guest code is ended, nobody is blamed, and its calls run elsewhere', async () => {
    const pool = await twoLanes();
    const call = pool.call(1);
    await pool.settle();
    const hanging = pool.lanes.find((lane) => lane.callIds.includes(1))!;
    hanging.isHanging = true;
    pool.pass(4_900);
    expect(hanging.isTerminated).toBe(false);
    pool.pass(200);
    expect(hanging.isTerminated).toBe(true);
    await pool.settle();
    for (const lane of pool.lanes) if (!lane.isTerminated) lane.finishAll();
    expect(decodeValue(await call)).toBe(1);
    expect(pool.core.stats()).toMatchObject({ kills: 1, reruns: 1, settled: { ok: 2 } });
    await pool.core.close(0);
  });

  test('a lane whose calls wait for long is asked now and then, and left alone when it answers', async () => {
    const pool = await twoLanes();
    const call = pool.call(1);
    await pool.settle();
    const lane = pool.lanes.find((each) => each.callIds.includes(1))!;
    const asked = vi.spyOn(lane, 'requestStats');
    pool.pass(20_000);
    expect(lane.isTerminated).toBe(false);
    expect(asked.mock.calls.length).toBeGreaterThan(15);
    expect(asked.mock.calls.length).toBeLessThan(21);
    lane.finishAll();
    expect(decodeValue(await call)).toBe(1);
    await pool.core.close(0);
  });

  test('an answer that was owed before the lane had a rest counts for nothing', async () => {
    const pool = await twoLanes();
    const first = pool.call(1);
    await pool.settle();
    const lane = pool.lanes.find((each) => each.callIds.includes(1))!;
    lane.isHanging = true;
    pool.pass(2_000);
    lane.finishAll(); // it slept before it read the question
    await first;
    pool.pass(10_000);
    const second = pool.call(1);
    await pool.settle();
    lane.isHanging = false;
    pool.pass(3_000);
    expect(lane.isTerminated).toBe(false);
    for (const each of pool.lanes) each.finishAll();
    expect(decodeValue(await second)).toBe(2);
    await pool.core.close(0);
  });

  test('a pool that has given up tries again with the first call after its pause', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    try {
      const pool = new TestPool({ maxThreads: 1 });
      await pool.load(extensionWire(1));
      pool.autoReady = false;
      pool.lane(0).events.lost(new Error('gone'));
      const refused = rejection(pool.call(1));
      for (let failures = 0; failures < 6; failures++) {
        await pool.settle();
        vi.advanceTimersByTime(6_000);
        await pool.settle();
        pool.lanes.at(-1)!.events.lost(new Error('will not start'));
      }
      expect(await refused).toEqual(coded('E_WORKER_LOST'));
      // at once: no lane is even tried
      expect(await rejection(pool.call(1))).toEqual(coded('E_WORKER_LOST'));
      expect(pool.lanes).toHaveLength(7);
      pool.autoReady = true;
      vi.advanceTimersByTime(5_000);
      const call = pool.call(1);
      await pool.settle();
      expect(pool.lanes).toHaveLength(8);
      pool.lane(7).finishAll();
      expect(decodeValue(await call)).toBeGreaterThan(1);
      await pool.core.close(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a call that the host has settled, but whose code goes on, still costs its lane', async () => {
    const pool = await twoLanes({ cpuTimeMs: 200 });
    const call = pool.call(1, { wallTimeMs: 100 });
    const refused = rejection(call);
    await pool.settle();
    pool.lane(0).enter(1);
    pool.pass(110);
    expect(await refused).toEqual(coded('E_WALL'));
    pool.pass(250);
    expect(pool.lane(0).isTerminated).toBe(true);
    await pool.core.close(0);
  });

  test('what waits behind a long call goes to another lane, and its first lane is not believed any more', async () => {
    const pool = await twoLanes();
    const calls = [pool.call(1), pool.call(1), pool.call(1)];
    await pool.settle();
    const first = pool.lanes.find((lane) => lane.callIds.length > 1);
    const [long, ...behind] = first!.callIds;
    const other = pool.lanes.find((lane) => lane !== first)!;
    first!.enter(long!);
    pool.pass(40);
    await pool.settle();
    expect(other.callIds).toEqual(expect.arrayContaining(behind));
    expect(first!.aborted).toEqual(behind);
    first!.events.outcomes(behind.map((callId) => succeeded(callId, 'stale')));
    other.finishAll();
    first!.leave();
    first!.finishAll();
    expect(await Promise.all(calls.map(async (call) => decodeValue(await call)))).toEqual([1, 2, 3]);
    await pool.core.close(0);
  });

  test('what waits behind a long call moves also while the other lanes are full, and is the first to go', async () => {
    const pool = await twoLanes();
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 8; i++) {
      calls.push(pool.call(1)); // two batches for each lane, the rest waits
      await pool.settle();
    }
    const first = pool.lanes.find(({ callIds }) => callIds.includes(1))!;
    const other = pool.lanes.find((lane) => lane !== first)!;
    const [long, ...behind] = first.callIds;
    expect([behind.length, other.batches.length]).toEqual([1, 2]);
    first.enter(long!);
    pool.pass(20);
    await pool.settle();
    expect(first.aborted).toEqual(behind);
    other.finishAll();
    await pool.settle();
    expect(other.callIds).toEqual(expect.arrayContaining(behind));
    first.leave();
    for (let i = 0; i < 4; i++) {
      for (const lane of pool.lanes) lane.finishAll();
      await pool.settle();
    }
    expect(await Promise.all(calls)).toHaveLength(8);
    await pool.core.close(0);
  });

  test('what its lane has begun stays there, and what waits moves, also while the thread is not seen in a call', async () => {
    const pool = await twoLanes();
    const calls = Array.from({ length: 6 }, () => pool.call(1));
    await pool.settle();
    const first = pool.lanes.find((lane) => lane.callIds.length > 2)!;
    const other = pool.lanes.find((lane) => lane !== first)!;
    const [begun, long, ...behind] = first.callIds;
    first.begin(1);
    pool.pass(30); // between slices: that alone says nothing of the calls behind
    first.enter(long!);
    first.begin(2);
    pool.pass(20);
    await pool.settle();
    // the last first: each goes in front of the queue
    expect(first.aborted).toEqual(behind.toReversed());
    expect(other.callIds).toEqual(expect.arrayContaining(behind));
    expect(other.callIds).not.toContain(begun);
    other.finishAll();
    first.leave();
    first.finishAll();
    expect(await Promise.all(calls)).toHaveLength(6);
    await pool.core.close(0);
  });

  test('calls of others avoid the lane of an extension that nobody knows yet', async () => {
    const pool = await twoLanes();
    for (const id of [1, 2]) {
      await pool.load(extensionWire(id + 1));
      const known = pool.call(id);
      await pool.settle();
      for (const lane of pool.lanes) lane.finishAll();
      await known;
    }
    const calls = [pool.call(3), ...Array.from({ length: 8 }, () => pool.call(1))];
    await pool.settle();
    const unknown = pool.lanes.find((lane) =>
      lane.batches.some((batch) => batch.calls.some(({ extensionId }) => extensionId === 3)),
    );
    expect(unknown!.batches.flatMap((batch) => batch.calls)).toHaveLength(1);
    for (const lane of pool.lanes) lane.finishAll();
    await Promise.all(calls);
    await pool.core.close(0);
  });

  test('calls of a lost lane run again elsewhere, unless they had an effect', async () => {
    const pool = await twoLanes();
    const calls = [pool.call(1), pool.call(1)];
    await pool.settle();
    const lost = pool.lanes.find((lane) => lane.callIds.includes(1))!;
    lost.ask({ callId: 1, name: 'request' });
    const refused = rejection(calls[0]!);
    for (const lane of [...pool.lanes]) lane.events.lost(new Error('gone'));
    expect(await refused).toEqual(coded('E_WORKER_LOST'));
    await pool.settle();
    for (const lane of pool.lanes.slice(2)) lane.finishAll();
    expect(decodeValue(await calls[1]!)).toBe(2);
    expect(pool.core.stats()).toMatchObject({ lost: 2, reruns: 1 });
    await pool.core.close(0);
  });

  test('a call that sleeps may run again: the answer to its first run is dropped', async () => {
    let wake = (_value: unknown): void => {};
    const signals: AbortSignal[] = [];
    const pool = new TestPool({
      maxThreads: 1,
      onCapability: ({ ending }) => {
        signals.push(ending.signal);
        return new Promise((resolve) => (wake = resolve));
      },
    });
    await pool.load(extensionWire(1));
    const call = pool.call(1);
    await pool.settle();
    pool.lane(0).ask({ callId: 1, name: 'sleep' });
    pool.lane(0).events.lost(new Error('gone'));
    await pool.settle();
    expect(signals[0]?.aborted).toBe(true);
    expect(pool.lane(1).callIds).toEqual([1]);
    wake(undefined);
    await pool.settle();
    expect(pool.lane(1).settlements).toEqual([]);
    pool.lane(1).finishAll();
    expect(decodeValue(await call)).toBe(1);
    await pool.core.close(0);
  });

  test('a call that its lane dies in twice is given up', async () => {
    const pool = new TestPool({ maxThreads: 1 });
    await pool.load(extensionWire(1));
    const refused = rejection(pool.call(1));
    await pool.settle();
    for (let i = 0; i < 2; i++) {
      const lane = pool.lanes.at(-1)!;
      lane.enter(1);
      lane.events.lost(new Error('out of memory'));
      await pool.settle();
    }
    expect(await refused).toEqual(coded('E_WORKER_LOST'));
    await pool.core.close(0);
  });

  test('a lane that forgets a call of its batch does not lose it', async () => {
    const pool = new TestPool({ maxThreads: 1 });
    await pool.load(extensionWire(1));
    const call = pool.call(1);
    await pool.settle();
    pool.lane(0).batches.shift()?.done([]);
    await pool.settle();
    expect(pool.lane(0).callIds).toEqual([1]);
    pool.lane(0).finishAll();
    expect(decodeValue(await call)).toBe(1);
    await pool.core.close(0);
  });

  test('a load that never ends costs its lane, and is to blame', async () => {
    const pool = new TestPool({ maxThreads: 1 });
    const loading = pool.core.load(extensionWire(1, { loadTimeMs: 200 }));
    const refused = rejection(loading);
    await pool.settle();
    pool.lane(0).enter(-1);
    pool.pass(330);
    expect(await refused).toEqual(
      expect.objectContaining({ code: 'E_CPU', limit: expect.objectContaining({ name: 'loadTimeMs' }) }),
    );
    expect(pool.lane(0).isTerminated).toBe(true);
    await pool.core.close(0);
  });

  test('a load whose lane dies is loaded by another', async () => {
    const pool = new TestPool({ minThreads: 2 });
    const loading = pool.core.load(extensionWire(1));
    await pool.settle();
    pool.lanes.find(({ loads }) => loads.length > 0)!.events.lost(new Error('gone'));
    await pool.settle();
    for (const lane of pool.lanes.slice(1)) for (const { done } of lane.loads) done({ ok: true, loaded: LOADED });
    expect((await loading).heapBytes).toBe(1);
    await pool.core.close(0);
  });

  test('a persistent extension stays on its lane, and moves only when that is lost', async () => {
    const pool = new TestPool({ minThreads: 2 });
    await pool.load(extensionWire(1, {}, 'persistent'));
    const calls = Array.from({ length: 4 }, () => pool.call(1));
    await pool.settle();
    const homes = pool.lanes.filter((lane) => lane.callIds.length > 0);
    expect(homes).toHaveLength(1);
    homes[0]!.events.lost(new Error('gone'));
    await pool.settle();
    const next = pool.lanes.filter((lane) => lane !== homes[0] && lane.callIds.length > 0);
    expect(next).toHaveLength(1);
    next[0]!.finishAll();
    await Promise.all(calls);
    await pool.core.close(0);
  });
});
