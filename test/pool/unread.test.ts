import { compileEngine } from '@sandglass/worker';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { LanePool } from '../../packages/host/src/pool/pool.js';
import { createWorkerLanes, type WorkerLanes } from '../../packages/host/src/pool/links/thread-pool.js';
import { describeSource, operation, run } from './open-pool.js';

const work = describeSource(operation('(n) => n + 1'));
const asleep = describeSource(operation('async () => { await sleep(1); await request("http://a.b/"); }'));
const endless = describeSource(operation('() => { for (;;); }'), { cpuTimeMs: 100 });
const stuck = describeSource(operation('() => "x".repeat(1e6).normalize("NFD").length'));

let lanes: WorkerLanes;
let pool: LanePool;

const isUnread = (): boolean => lanes.unread.some((count) => count > 0);

describe('unread messages', () => {
  beforeAll(async () => {
    lanes = createWorkerLanes({
      filename: import.meta.resolve('@sandglass/worker/thread'),
      wasm: await compileEngine(),
      maxLanes: 2,
    });
    pool = new LanePool({
      startLane: lanes.start,
      onClose: () => lanes.close(),
      minThreads: 2,
      maxThreads: 2,
      onCapability: () => Promise.resolve({ status: 200 }),
      isEffect: () => false,
    });
    for (const extension of [work, asleep, endless, stuck]) await pool.load(extension);
  });

  afterAll(() => pool.close(0));

  test('what the host has not received is counted', async () => {
    const result = run(pool, stuck);
    await new Promise((resolve) => setImmediate(resolve)); // it is sent
    const deadlineMs = performance.now() + 10_000;
    while (!isUnread() && performance.now() < deadlineMs); // nothing is received meanwhile
    expect(isUnread()).toBe(true);
    await result;
  });

  test('nothing is left of it when all is done', async () => {
    for (let round = 0; round < 50; round++) {
      await Promise.all([run(pool, work, 1), run(pool, asleep), run(pool, work, 2), run(pool, stuck)]);
      await run(pool, work, round);
    }
    await expect(run(pool, endless)).rejects.toMatchObject({ code: 'E_CPU' });
    await vi.waitFor(() => expect([...lanes.unread].every((count) => count === 0)).toBe(true));
  });

  test('a thread that is gone leaves nothing unread', async () => {
    const slots = new Int32Array(lanes.unread.buffer);
    Atomics.add(slots, 0, 5); // as what it had sent and nobody received
    await pool.close(0);
    await vi.waitFor(() => expect([...lanes.unread].every((count) => count === 0)).toBe(true));
  });
});
