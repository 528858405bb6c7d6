import { decodeValue, encodeValue } from '@sandglass/core';
import { afterEach, describe, expect, test, vi } from 'vitest';

import type { CreatePoolOptions, Pool } from './contract.js';
import { createPool } from './create-pool.js';
import { extensionWire } from './testing/fake-lanes.js';
import { rejection } from './testing/rejection.js';

const coded = (code: string): unknown => expect.objectContaining({ code });
const open: Pool[] = [];

const SOURCE = `
  import { log, sleep, request } from 'directus:api';
  let calls = 0;
  const orders = {
    add: ({ a, b }) => a + b,
    count: () => ++calls,
    throw: () => { throw new TypeError('from the guest'); },
    log: ({ text }) => { log(text); return 'logged'; },
    sleep: () => sleep(1),
    request: () => request('https://allowed.test/'),
    loop: () => { for (;;); },
    native: () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1),
  };
  export default { id: 'run', handler: (order) => orders[order.do](order) };
`;

async function poolOf(
  pool: NonNullable<CreatePoolOptions['pool']>,
  options: Partial<CreatePoolOptions> = {},
  wire = extensionWire(1),
): Promise<Pool> {
  const created = await createPool({
    pool,
    onCapability: ({ name }) => Promise.resolve(`${name} done`),
    isEffect: (name) => name === 'request',
    ...options,
  });
  open.push(created);
  const capabilities = wire.capabilities.map((each) =>
    each.name === 'log' ? { ...each, sync: [{ label: 'Log message', type: 'string' as const }] } : each,
  );
  await created.load({ ...wire, source: SOURCE, capabilities });
  return created;
}

function run(
  pool: Pool,
  order: unknown,
  options: { signal?: AbortSignal; wallTimeMs?: number } = {},
): Promise<unknown> {
  return pool
    .call({ extension: { id: 1, name: 'extension-1' }, handler: 0, argument: encodeValue(order), ...options })
    .then(decodeValue);
}

const kinds = [
  ['threads', { maxThreads: 2 }],
  ['inline', 'inline'],
] as const;

describe('createPool', () => {
  afterEach(async () => {
    await Promise.all(open.splice(0).map((pool) => pool.close(0)));
  });

  test.each(kinds)('many calls at once all come back (%s)', async (_kind, kind) => {
    const pool = await poolOf(kind);
    const sums = await Promise.all(Array.from({ length: 300 }, (_, a) => run(pool, { do: 'add', a, b: 1 })));
    expect(sums).toEqual(Array.from({ length: 300 }, (_, a) => a + 1));
  });

  test('an inline pool takes the limits of any other', async () => {
    const pool = await poolOf({ inline: true, maxMemoryBytes: 16 << 20, maxQueueLength: 1 });
    expect(pool.stats()).toMatchObject({ maxMemoryBytes: 16 << 20 });
    const calls = [1, 2].map((a) => run(pool, { do: 'add', a, b: 1 }));
    await expect(calls[1]).rejects.toEqual(coded('E_QUEUE_FULL'));
    expect(await calls[0]).toBe(2);
  });

  test.each(kinds)('every call finds a pristine sandbox (%s)', async (_kind, kind) => {
    const pool = await poolOf(kind);
    expect(await Promise.all(Array.from({ length: 50 }, () => run(pool, { do: 'count' })))).toEqual(
      Array.from({ length: 50 }, () => 1),
    );
  });

  test.each(kinds)('a persistent extension keeps its state over calls (%s)', async (_kind, kind) => {
    const pool = await poolOf(kind, {}, extensionWire(1, {}, 'persistent'));
    const counts = await Promise.all(Array.from({ length: 50 }, () => run(pool, { do: 'count' })));
    expect((counts as number[]).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test.each(kinds)('guest errors, capabilities and log lines cross (%s)', async (_kind, kind) => {
    const lines: unknown[] = [];
    const pool = await poolOf(kind, {
      onCapability: ({ name, args }) => {
        if (name === 'log') lines.push(args[0]);
        return Promise.resolve(`${name} done`);
      },
    });
    await expect(run(pool, { do: 'throw' })).rejects.toEqual(
      expect.objectContaining({ code: 'E_GUEST', message: 'from the guest' }),
    );
    expect(await run(pool, { do: 'sleep' })).toBe('sleep done');
    expect(await run(pool, { do: 'request' })).toBe('request done');
    expect(await run(pool, { do: 'log', text: 'a line' })).toBe('logged');
    expect(lines).toEqual(['a line']);
  });

  test.each(kinds)('a loop ends with E_CPU, and a call that waits too long with E_WALL (%s)', async (_kind, kind) => {
    const pool = await poolOf(kind, { onCapability: () => new Promise(() => {}) }, extensionWire(1, { cpuTimeMs: 50 }));
    await expect(run(pool, { do: 'loop' })).rejects.toEqual(coded('E_CPU'));
    await expect(run(pool, { do: 'sleep' }, { wallTimeMs: 30 })).rejects.toEqual(coded('E_WALL'));
    expect(await run(pool, { do: 'add', a: 1, b: 1 })).toBe(2);
  });

  test.each(kinds)(
    'a caller can give up a call that waits, and its capability call is told (%s)',
    async (_kind, kind) => {
      const controller = new AbortController();
      const told = vi.fn<() => void>();
      const pool = await poolOf(kind, {
        onCapability: ({ ending }) => {
          ending.on(told);
          controller.abort();
          return new Promise(() => {});
        },
      });
      await expect(run(pool, { do: 'sleep' }, { signal: controller.signal })).rejects.toEqual(coded('E_ABORTED'));
      expect(told).toHaveBeenCalledTimes(1);
      expect(await run(pool, { do: 'add', a: 1, b: 1 })).toBe(2);
    },
  );

  test.each(kinds)('an unloaded extension is gone, and its name can be loaded again (%s)', async (_kind, kind) => {
    const pool = await poolOf(kind);
    await pool.unload(1);
    await expect(run(pool, { do: 'count' })).rejects.toEqual(coded('E_NOT_FOUND'));
    await pool.load({ ...extensionWire(2), source: SOURCE });
  });

  test.each(kinds)('a source that does not compile rejects with E_LOAD (%s)', async (_kind, kind) => {
    const pool = await poolOf(kind);
    await expect(pool.load({ ...extensionWire(2), source: 'export default {' })).rejects.toEqual(coded('E_LOAD'));
  });

  test('a native that never polls costs its sandbox: E_CPU within the limit and 250 ms, and neighbours go on', async () => {
    const pool = await poolOf({ maxThreads: 2, minThreads: 2 }, {}, extensionWire(1, { cpuTimeMs: 100 }));
    await Promise.all(Array.from({ length: 100 }, (_, a) => run(pool, { do: 'add', a, b: 1 })));
    const startedMs = performance.now();
    let tookMs = 0;
    const bomb = rejection(run(pool, { do: 'native' }).finally(() => (tookMs = performance.now() - startedMs)));
    const neighbours = Promise.all(Array.from({ length: 200 }, (_, a) => run(pool, { do: 'add', a, b: 1 })));
    expect(await neighbours).toHaveLength(200);
    expect(await bomb).toEqual(coded('E_CPU'));
    expect(tookMs).toBeLessThan(350);
    expect(pool.stats()).toMatchObject({ kills: 0, settled: { E_CPU: 1 } });
  });
});
