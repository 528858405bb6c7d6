import { SLOT } from '@sandglass/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { extensionWire, LOADED, succeeded, TestPool, type FakeLane } from '../testing/fake-lanes.js';
import { rejection } from '../testing/rejection.js';

const [WORK, SLOW] = [1, 2];

let pool: TestPool;

/** Makes a call, and says where it went. */
async function place(
  extensionId: number,
  options: { signal?: AbortSignal } = {},
): Promise<{ call: Promise<unknown>; callId: number; lane: FakeLane }> {
  const before = new Set(pool.lanes.flatMap(({ callIds }) => callIds));
  const call = pool.call(extensionId, options);
  await pool.settle();
  for (const lane of pool.lanes)
    for (const callId of lane.callIds) if (!before.has(callId)) return { call, callId, lane };
  throw new Error('it waits');
}

async function finish(lane: FakeLane, callId: number): Promise<void> {
  lane.leave();
  const index = lane.batches.findIndex(({ calls }) => calls.some((call) => call.callId === callId));
  lane.batches.splice(index, 1)[0]?.done([succeeded(callId)]);
  await pool.settle();
}

/** Where the next small call goes; it ends at once. */
async function next(): Promise<FakeLane> {
  const { lane, callId } = await place(WORK);
  const inCall = lane.slots[SLOT.callId] ?? 0;
  await finish(lane, callId);
  lane.slots[SLOT.callId] = inCall;
  return lane;
}

/** Loads extensions 11, 12, ... all at once. */
function loadAll(target: TestPool, count: number): Promise<unknown> {
  const loading = Array.from({ length: count }, (_, i) => target.core.load(extensionWire(11 + i)));
  return Promise.allSettled(loading);
}

function finishLoad(lane: FakeLane): void {
  lane.loads.shift()?.done({ ok: true, loaded: LOADED });
}

/** Makes so many calls at once. */
function callAll(count: number, extensionId = WORK): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, () => pool.call(extensionId)));
}

function sent(): number[] {
  return pool.lanes.map(({ callIds }) => callIds.length);
}

/** Ends all calls, each of which took so long. */
function finishIn(cpuTimeMs: number): void {
  for (const { batches } of pool.lanes)
    for (const { calls, done } of batches.splice(0))
      done(calls.map(({ callId }) => Object.assign(succeeded(callId), { usage: { cpuTimeMs, heapBytes: 0 } })));
}

/** Shows how long the calls of an extension take. */
async function teach(extensionId: number, cpuTimeMs: number): Promise<void> {
  for (let i = 0; i < 64; i++) {
    const { call } = await place(extensionId);
    finishIn(cpuTimeMs);
    await call;
  }
}

describe('chooseLane', () => {
  beforeEach(async () => {
    pool = new TestPool({ minThreads: 2 });
    for (const id of [WORK, SLOW]) await pool.load(extensionWire(id));
    // known from here on
    for (let i = 0; i < 2; i++) await place(WORK).then(({ lane, callId }) => finish(lane, callId));
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await pool.core.close(0);
  });

  test('nothing goes behind a call that has an answer, until it waits again', async () => {
    const { call, callId, lane } = await place(SLOW);
    lane.enter(callId);
    lane.leave();
    expect(await next()).not.toBe(lane); // nobody knows yet whether it was entered
    lane.ask({ callId, name: 'sleep' });
    await pool.settle();
    expect(lane.settlements).toHaveLength(1);
    expect(await next()).not.toBe(lane); // it has not begun
    lane.enter(callId);
    expect(await next()).not.toBe(lane);
    lane.leave();
    expect(await next()).toBe(lane);
    await finish(lane, callId);
    await call;
  });

  test('an answered call that was given up keeps nobody away', async () => {
    const caller = new AbortController();
    const { call, callId, lane } = await place(SLOW, { signal: caller.signal });
    const aborted = rejection(call);
    lane.enter(callId);
    lane.leave();
    lane.ask({ callId, name: 'sleep' });
    await pool.settle();
    expect(await next()).not.toBe(lane);
    caller.abort();
    await aborted;
    expect(await next()).toBe(lane);
  });

  test('a lane that was stalled takes calls as soon as it reports the end of what it was in', async () => {
    const first = await place(SLOW);
    first.lane.enter(first.callId);
    const second = await place(SLOW);
    second.lane.enter(second.callId);
    pool.pass(20); // both are stalled, not long enough for a spare lane
    const queued = pool.call(WORK);
    await pool.settle();
    await finish(first.lane, first.callId);
    await first.call;
    expect(first.lane.callIds).toHaveLength(1); // no tick has passed
    first.lane.finishAll();
    await queued;
    const lost = rejection(second.call);
    await pool.core.close(0);
    await lost;
  });

  test('while calls come, one of several lanes loads nothing', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    await next();
    const loading = loadAll(pool, 3);
    await pool.settle();
    const loads = (): number[] => pool.lanes.map((lane) => lane.loads.length).toSorted();
    expect(loads()).toEqual([0, 1]);
    const loader = pool.lanes.find((lane) => lane.loads.length > 0)!;
    expect(await next()).not.toBe(loader);
    now.mockReturnValue(1_030); // no more calls
    finishLoad(loader);
    await pool.settle();
    expect(loads()).toEqual([1, 1]);
    for (const lane of pool.lanes) finishLoad(lane);
    await loading;
  });

  test('on the only lane, a call goes before the loads that wait', async () => {
    const single = new TestPool({ maxThreads: 1 });
    await single.load(extensionWire(WORK));
    const loading = loadAll(single, 3);
    await single.settle();
    const lane = single.lane(0);
    const call = single.call(WORK);
    await single.settle();
    // nobody knows how long that takes
    expect([lane.callIds.length, lane.loads.length]).toEqual([0, 1]);
    finishLoad(lane);
    await single.settle();
    expect([lane.callIds.length, lane.loads.length]).toEqual([1, 1]);
    lane.finishAll();
    await call;
    for (let i = 0; i < 2; i++) {
      finishLoad(lane);
      await single.settle();
    }
    await loading;
    await single.core.close(0);
  });

  test('a load that waits for something takes no lane from the others', async () => {
    vi.spyOn(performance, 'now').mockReturnValue(1_000);
    await next();
    const loading = loadAll(pool, 2);
    await pool.settle();
    const loader = pool.lanes.find((lane) => lane.loads.length > 0)!;
    for (let i = 0; i < 3; i++) {
      await next(); // calls go on
      pool.pass(10); // between slices
    }
    await next();
    expect(pool.lanes.map((lane) => lane.loads.length)).toEqual([1, 1]);
    for (const lane of pool.lanes) finishLoad(lane);
    await loading;
    expect(loader.loads).toHaveLength(0);
  });

  test('small calls stay on one lane: when it is full they wait', async () => {
    await teach(WORK, 0.002);
    const first = callAll(64);
    await pool.settle();
    expect(sent()).toEqual([64, 0]); // in two batches
    const second = callAll(8);
    await pool.settle();
    expect(sent()).toEqual([64, 0]);
    pool.lane(0).finishAll();
    await first;
    await pool.settle();
    expect(sent()).toEqual([8, 0]);
    pool.lane(0).finishAll();
    await second;
  });

  test('calls that take longer go where there is less', async () => {
    await teach(WORK, 0.05);
    const calls = callAll(64);
    await pool.settle();
    expect(Math.min(...sent())).toBeGreaterThan(20);
    for (const lane of pool.lanes) lane.finishAll();
    await calls;
  });

  test('what takes longer goes where small calls do not', async () => {
    await teach(SLOW, 0.05);
    const calls = callAll(64, SLOW); // both lanes know it
    await pool.settle();
    finishIn(0.05);
    await calls;
    const small = await place(WORK);
    expect(await next()).toBe(small.lane);
    const slow = await place(SLOW);
    expect(slow.lane).not.toBe(small.lane);
    await finish(small.lane, small.callId);
    await finish(slow.lane, slow.callId);
  });

  test('small calls go elsewhere while a longer one is in their way', async () => {
    await teach(WORK, 0.002);
    await teach(SLOW, 1);
    const { lane, call, callId } = await place(SLOW);
    const small = callAll(16);
    await pool.settle();
    expect(lane.callIds).toEqual([callId]);
    for (const each of pool.lanes) each.finishAll();
    await Promise.all([call, small]);
  });

  test('a lane that is full of small calls and does not get on with them keeps nobody waiting', async () => {
    await teach(WORK, 0.002);
    const calls = callAll(64);
    await pool.settle();
    const queued = callAll(8);
    await pool.settle();
    expect(sent()).toEqual([64, 0]);
    pool.pass(20); // in no slice: nothing that the watchdog would take for a call
    await pool.settle();
    expect(sent()).toEqual([64, 8]);
    for (const lane of pool.lanes) lane.finishAll();
    await Promise.all([calls, queued]);
  });
});
