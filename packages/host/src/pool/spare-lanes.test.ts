import { describe, expect, test } from 'vitest';

import { extensionWire, TestPool } from './testing/fake-lanes.js';
import { rejection } from './testing/rejection.js';

/** Two lanes, each long in a call of extension 1; `others` is the call that waits. */
async function bothStalled(others: number): Promise<{ pool: TestPool; queued: Promise<Uint8Array> }> {
  const pool = new TestPool({ maxThreads: 2, minThreads: 2 });
  await pool.load(extensionWire(1));
  await pool.load(extensionWire(2));
  for (const callId of [1, 2]) {
    pool.call(1).catch(() => {});
    await pool.settle();
    const lane = pool.lanes.find(({ callIds }) => callIds.includes(callId));
    if (!lane) throw new Error(`Call ${callId} is on no lane`);
    lane.enter(callId);
    pool.pass(30);
  }
  const queued = pool.call(others);
  queued.catch(() => {});
  await pool.settle();
  return { pool, queued };
}

describe('spare lanes', () => {
  test('when long calls hold every lane, another extension gets a spare one', async () => {
    const { pool, queued } = await bothStalled(2);
    expect(pool.lanes).toHaveLength(3);
    pool.lane(2).finishAll();
    await queued;
    await pool.core.close(0);
  });

  test('the extension whose calls hold every lane gets nothing of a spare one', async () => {
    const { pool } = await bothStalled(1);
    const other = pool.call(2);
    await pool.settle();
    expect(pool.lane(2).callIds).toEqual([4]);
    pool.lane(2).finishAll();
    await other;
    await pool.core.close(0);
  });

  test('a spare lane goes once others go on', async () => {
    const { pool, queued } = await bothStalled(2);
    pool.lane(0).leave();
    pool.pass(30);
    pool.lane(2).finishAll();
    await queued;
    expect(pool.lane(2).isTerminated).toBe(true);
    expect(pool.lanes).toHaveLength(3);
    await pool.core.close(0);
  });

  test('persistent extensions each get a lane before they share one', async () => {
    const pool = new TestPool({ maxThreads: 2 });
    const homes: number[] = [];
    for (const id of [1, 2, 3, 4]) {
      await pool.load(extensionWire(id, {}, 'persistent'));
      const call = pool.call(id);
      await pool.settle();
      homes.push(pool.lanes.findIndex(({ callIds }) => callIds.length > 0));
      for (const lane of pool.lanes) lane.finishAll();
      await call;
    }
    expect(homes.toSorted()).toEqual([0, 0, 1, 1]);
    await pool.core.close(0);
  });

  test('another lane comes up while one overruns its limit, and takes its place when it is ended', async () => {
    const pool = new TestPool({ maxThreads: 2, minThreads: 2 });
    await pool.load(extensionWire(1, { cpuTimeMs: 100 }));
    const long = pool.call(1);
    const refused = rejection(long);
    await pool.settle();
    const stuck = pool.lanes.find(({ callIds }) => callIds.includes(1))!;
    stuck.enter(1);
    pool.pass(100);
    expect(pool.lanes).toHaveLength(2);
    pool.pass(40);
    expect(pool.lanes).toHaveLength(3);
    await pool.settle();
    expect(stuck.isTerminated).toBe(false);
    pool.pass(120);
    await refused;
    await pool.settle();
    expect([stuck.isTerminated, pool.lane(2).isTerminated, pool.lanes.length]).toEqual([true, false, 3]);
    expect(pool.core.stats().lanes).toHaveLength(2);
    await pool.core.close(0);
  });

  test('one that returns late all the same leaves the newcomer without a place', async () => {
    const pool = new TestPool({ maxThreads: 2, minThreads: 2 });
    await pool.load(extensionWire(1, { cpuTimeMs: 100 }));
    const long = pool.call(1);
    await pool.settle();
    const late = pool.lanes.find(({ callIds }) => callIds.includes(1))!;
    late.enter(1);
    pool.pass(140);
    await pool.settle();
    late.leave();
    late.finishAll();
    await long;
    pool.pass(20);
    expect([late.isTerminated, pool.lane(2).isTerminated]).toEqual([false, true]);
    expect(pool.core.stats().lanes).toHaveLength(2);
    await pool.core.close(0);
  });
});
