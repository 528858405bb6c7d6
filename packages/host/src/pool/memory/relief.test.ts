import { MemoryBudget, type SandglassError } from '@sandglass/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { extensionWire, TestPool } from '../testing/fake-lanes.js';

const MIB = 1 << 20;

async function open(): Promise<{ pool: TestPool; memory: MemoryBudget }> {
  const memory = MemoryBudget.create(2, 100 * MIB);
  const pool = new TestPool({ memory, minThreads: 2, idleTimeoutMs: 10_000 });
  await pool.settle();
  await pool.load(extensionWire(1));
  return { pool, memory };
}

describe('Relief', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
  afterEach(() => vi.useRealTimers());

  test('what lanes do not use any more is freed within the idle timeout, and then nobody looks', async () => {
    const { pool } = await open();
    vi.advanceTimersByTime(10_000);
    expect(pool.lanes.map(({ trims }) => trims)).toEqual([2, 2]);
    vi.advanceTimersByTime(100_000);
    expect(pool.lanes.map(({ trims }) => trims)).toEqual([3, 3]);
    await pool.core.close(0);
  });

  test('it goes on while a call runs, and ends two rounds after the last one', async () => {
    const { pool } = await open();
    const running = pool.call(1);
    await pool.settle();
    vi.advanceTimersByTime(60_000);
    expect(pool.lanes[0]!.trims).toBe(12);
    pool.lanes.find(({ callIds }) => callIds.length > 0)!.finishAll();
    await running;
    vi.advanceTimersByTime(60_000);
    expect(pool.lanes[0]!.trims).toBe(15);
    await pool.core.close(0);
  });

  test('where the budget is overdrawn, the lane that has most ends calls, and gets time for it', async () => {
    const { pool, memory } = await open();
    const ended = pool.call(1).catch(({ code }: SandglassError) => code);
    await pool.settle();
    pool.lane(0).memoryBytes = 40 * MIB;
    pool.lane(1).memoryBytes = 63 * MIB;
    memory.charge(0, 103 * MIB);
    const trims = pool.lane(0).trims;
    pool.pass(100);
    expect(pool.lanes.map(({ shedBytes }) => shedBytes.length)).toEqual([0, 1]);
    expect(pool.lane(1).shedBytes[0]).toBeCloseTo(3 * MIB, -4);
    vi.advanceTimersByTime(100);
    expect(pool.lane(1).shedBytes).toHaveLength(2);
    expect(pool.lane(0).trims).toBe(trims);
    await pool.core.close(0);
    expect(await ended).toBe('E_CLOSED');
  });

  test('snapshots are charged as long as their extension is loaded', async () => {
    const { pool, memory } = await open();
    expect(memory.usedBytes).toBe(1024);
    expect(pool.core.stats()).toMatchObject({ memoryBytes: 1024, maxMemoryBytes: 100 * MIB });
    await pool.core.unload(1);
    expect(memory.usedBytes).toBe(0);
    await pool.core.close(0);
  });
});
