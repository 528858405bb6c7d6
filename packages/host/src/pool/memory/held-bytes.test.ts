import { encodeValue, MemoryBudget } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { extensionWire, TestPool } from '../testing/fake-lanes.js';

const MIB = 1 << 20;

/** A pool with 32 MiB: arguments may take 8, those of one extension 4. */
async function open(): Promise<TestPool> {
  const pool = new TestPool({ memory: MemoryBudget.create(1, 32 * MIB), onCapability: () => new Promise(() => {}) });
  for (const id of [1, 2, 3]) await pool.load(extensionWire(id));
  return pool;
}

function call(pool: TestPool, id: number, bytes: number): Promise<unknown> {
  const request = { extension: { id, name: `extension-${id}` }, handler: 0, argument: new Uint8Array(bytes) };
  return pool.core.call(request).then(
    () => 'ok',
    ({ code, limit }) => `${code} ${limit?.name}`,
  );
}

describe('HeldBytes', () => {
  test('arguments that wait are bounded in bytes, for one extension and for all', async () => {
    const pool = await open();
    const calls = [call(pool, 1, 3 * MIB), call(pool, 2, 3 * MIB), call(pool, 3, MIB)];
    expect(await call(pool, 1, 2 * MIB)).toBe('E_QUEUE_FULL maxMemoryBytes');
    expect(await call(pool, 3, 2 * MIB)).toBe('E_QUEUE_FULL maxMemoryBytes');
    await pool.settle();
    for (const lane of pool.lanes) lane.finishAll();
    expect(await Promise.all(calls)).toEqual(['ok', 'ok', 'ok']);
    const again = call(pool, 1, 2 * MIB);
    await pool.settle();
    for (const lane of pool.lanes) lane.finishAll();
    expect(await again).toBe('ok');
    await pool.core.close(0);
  });

  test('so are arguments of capability calls that wait for an answer', async () => {
    const pool = await open();
    const ended = call(pool, 1, 0);
    await pool.settle();
    const lane = pool.lanes.find(({ callIds }) => callIds.length > 0)!;
    const [callId = 0] = lane.callIds;
    for (let seq = 1; seq <= 5; seq++) lane.ask({ callId, seq, args: [encodeValue('x'.repeat(MIB))] });
    expect(await ended).toBe('E_MEMORY maxMemoryBytes');
    const other = call(pool, 1, 4 * MIB);
    await pool.settle();
    for (const each of pool.lanes) each.finishAll();
    expect(await other).toBe('ok'); // nothing of the first is held
    await pool.core.close(0);
  });

  test('so are capability calls of few bytes, each of which takes more than them', async () => {
    const pool = await open();
    const ended = call(pool, 1, 0);
    await pool.settle();
    const lane = pool.lanes.find(({ callIds }) => callIds.length > 0)!;
    const [callId = 0] = lane.callIds;
    for (let seq = 1; seq <= 4_096; seq++) lane.ask({ callId, seq, args: [encodeValue(1)] });
    expect(await ended).toBe('E_MEMORY maxMemoryBytes');
    await pool.core.close(0);
  });
});
