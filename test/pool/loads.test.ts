import { afterEach, describe, expect, test, vi } from 'vitest';

import type { CreatePoolOptions, Pool } from '../../packages/host/src/pool/contract.js';
import { rejection } from '../../packages/host/src/pool/testing/rejection.js';
import { describeSource, type Mode, openPool, operation, run } from './open-pool.js';

const coded = (code: string, limit?: object): unknown =>
  expect.objectContaining(limit ? { code, limit: expect.objectContaining(limit) } : { code });

const open: Pool[] = [];

async function start(mode: Mode, options: Partial<CreatePoolOptions> = {}): Promise<Pool> {
  const pool = await openPool(mode, options);
  open.push(pool);
  return pool;
}

describe('loads', () => {
  afterEach(async () => {
    await Promise.all(open.splice(0).map((pool) => pool.close(0)));
  });

  describe.each(['inline', 'threads'] as const)('a load (%s)', (mode) => {
    test.each([
      ['sleep(1)', null], // an operation's result is JSON
      [`request('https://allowed.test/')`, { status: 200, data: 'allowed' }],
      [`[log('first'), log('second'), await sleep(1)].length`, 3],
    ])('waits for its top-level await %s', async (expression, expected) => {
      const pool = await start(mode);
      const extension = describeSource(operation('() => value', `const value = await ${expression};`));
      await pool.load(extension);
      expect(await run(pool, extension)).toEqual(expected);
    });

    test('reports its log lines and capability calls under its own id', async () => {
      const onCapability = vi.fn<CreatePoolOptions['onCapability']>(() => Promise.resolve());
      const pool = await start(mode, { onCapability });
      const extension = describeSource(operation('() => 1', `log('up'); await sleep(1);`));
      await pool.load(extension);
      const calls = onCapability.mock.calls.map(([{ callId, extensionId, name }]) => ({ callId, extensionId, name }));
      expect(calls).toEqual(
        ['log', 'sleep'].map((name) => ({ callId: -extension.id, extensionId: extension.id, name })),
      );
    });

    test('that never comes to an end is ended, and names loadTimeMs with its value', async () => {
      const pool = await start(mode);
      const extension = describeSource(`await new Promise(() => {});\n${operation('() => 1')}`, { loadTimeMs: 100 });
      await expect(pool.load(extension)).rejects.toEqual(coded('E_WALL', { name: 'loadTimeMs', value: 100 }));
      const next = describeSource(operation('() => 2'));
      await pool.load(next);
      expect(await run(pool, next)).toBe(2);
    });

    test('that loops is ended, and names loadTimeMs with its value', async () => {
      const pool = await start(mode);
      const extension = describeSource(`for (;;);\n${operation('() => 1')}`, { loadTimeMs: 50 });
      await expect(pool.load(extension)).rejects.toEqual(coded('E_CPU', { name: 'loadTimeMs', value: 50 }));
    });

    test('that waits for an answer which never comes does not hold up other loads', async () => {
      const pool = await start(mode, { onCapability: () => new Promise(() => {}) });
      const stuck = pool.load(describeSource(operation('() => 1', 'await sleep(1);'), { loadTimeMs: 300 }));
      const others = Array.from({ length: 5 }, (_, i) => describeSource(operation(`() => ${i}`)));
      const ended = rejection(stuck);
      await Promise.all(others.map((extension) => pool.load(extension)));
      expect(await Promise.all(others.map((extension) => run(pool, extension)))).toEqual([0, 1, 2, 3, 4]);
      expect(await ended).toEqual(coded('E_WALL', { name: 'loadTimeMs', value: 300 }));
    });
  });

  test('a load in a native that never polls ends, alone', async () => {
    const pool = await start('threads');
    const good = describeSource(operation('() => 7'));
    await pool.load(good);
    const bomb = describeSource(`Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);\n${operation('() => 1')}`, {
      loadTimeMs: 100,
    });
    const ended = rejection(pool.load(bomb));
    expect(await Promise.all(Array.from({ length: 20 }, () => run(pool, good)))).toEqual(
      Array.from({ length: 20 }, () => 7),
    );
    expect(await ended).toEqual(coded('E_CPU', { name: 'loadTimeMs', value: 100 }));
    expect(pool.stats().kills).toBe(0);
  });
});
