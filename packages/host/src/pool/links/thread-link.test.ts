import { fileURLToPath } from 'node:url';

import { decodeValue, encodeValue } from '@sandglass/core';
import { afterEach, describe, expect, test, vi } from 'vitest';

import type { LaneEvents } from './lane-link.js';
import { LanePool, type LanePoolOptions } from '../pool.js';
import { extensionWire } from '../testing/fake-lanes.js';
import { createWorkerLanes } from './thread-pool.js';
import { rejection } from '../testing/rejection.js';

const THREAD = fileURLToPath(new URL('../testing/thread.mjs', import.meta.url));
/** The smallest module there is; the thread of the tests does not look at it. */
const wasm = { wasm: new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])), hash: '' };
const coded = (code: string): unknown => expect.objectContaining({ code });

const open: LanePool[] = [];

function createPool(options: Partial<LanePoolOptions> & { filename?: string } = {}): LanePool {
  const { filename = THREAD, ...rest } = options;
  const lanes = createWorkerLanes({ filename, wasm, maxLanes: options.maxThreads ?? 2 });
  const pool = new LanePool({
    startLane: lanes.start,
    onClose: lanes.close,
    maxThreads: 2,
    onCapability: () => Promise.resolve('answer'),
    isEffect: (name) => name === 'request',
    ...rest,
  });
  open.push(pool);
  return pool;
}

function call(pool: LanePool, order: unknown, id = 1): Promise<unknown> {
  return pool.call({ extension: { id, name: '' }, handler: 0, argument: encodeValue(order) }).then(decodeValue);
}

describe('ThreadLink', () => {
  afterEach(async () => {
    await Promise.all(open.splice(0).map((pool) => pool.close(0)));
  });

  test('calls run on threads', async () => {
    const pool = createPool();
    await pool.load(extensionWire(1));
    const values = Array.from({ length: 200 }, (_, value) => value);
    expect(await Promise.all(values.map((value) => call(pool, { value })))).toEqual(values);
    expect(pool.stats().lanes.length).toBeLessThanOrEqual(2);
  });

  test('a capability call goes to the host and back while other calls run', async () => {
    const pool = createPool({ maxThreads: 1 });
    await pool.load(extensionWire(1));
    const [asked, plain] = await Promise.all([call(pool, { do: 'ask', name: 'sleep' }), call(pool, { value: 1 })]);
    expect([asked, plain]).toEqual(['answer', 1]);
  });

  test('a log line arrives before its call is over, though it takes another way', async () => {
    const onCapability = vi.fn<LanePoolOptions['onCapability']>(() => Promise.resolve());
    const pool = createPool({ onCapability });
    await pool.load(extensionWire(1));
    await Promise.all(Array.from({ length: 100 }, (_, text) => call(pool, { do: 'log', text })));
    expect(onCapability.mock.calls.map(([{ args }]) => args[0]).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  test.each(['exit', 'throw', 'reject'])(
    'a thread that ends by %s takes that call down after a second try, and no other',
    async (how) => {
      const pool = createPool();
      await pool.load(extensionWire(1));
      const bad = rejection(call(pool, { do: how }));
      const good = Array.from({ length: 50 }, (_, value) => call(pool, { value }));
      expect(await bad).toEqual(coded('E_WORKER_LOST'));
      expect(await Promise.all(good)).toEqual(Array.from({ length: 50 }, (_, i) => i));
      expect(pool.stats().lost).toBeGreaterThanOrEqual(2);
    },
    20_000,
  );

  test('a thread in a loop that never polls is ended by the watchdog, and the others go on', async () => {
    const pool = createPool();
    await pool.load(extensionWire(1, { cpuTimeMs: 50 }));
    const startedMs = performance.now();
    const bad = rejection(call(pool, { do: 'spin' }));
    const good = Array.from({ length: 50 }, (_, value) => call(pool, { value }));
    expect(await Promise.all(good)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(await bad).toEqual(coded('E_CPU'));
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(pool.stats().kills).toBe(1);
    expect(await call(pool, { value: 'after' })).toBe('after');
  });

  test('calls without an effect survive the thread that they wait on; one with an effect is not made again', async () => {
    const requests = vi.fn<LanePoolOptions['onCapability']>(() => new Promise(() => {}));
    const pool = createPool({ maxThreads: 1, onCapability: requests });
    await pool.load(extensionWire(1));
    const asked = rejection(call(pool, { do: 'ask', name: 'request' }));
    await vi.waitUntil(() => requests.mock.calls.length === 1);
    const bad = rejection(call(pool, { do: 'exit' }));
    expect(await Promise.all([asked, bad])).toEqual([coded('E_WORKER_LOST'), coded('E_WORKER_LOST')]);
    expect(requests).toHaveBeenCalledTimes(1);
  });

  test.each(['no-such-thread.mjs', 'unlinkable.mjs'])(
    'threads that do not start are tried again ever more slowly, and then queued calls are told why (%s)',
    async (file) => {
      const pool = createPool({ filename: fileURLToPath(new URL(`../testing/${file}`, import.meta.url)) });
      await expect(pool.load(extensionWire(1))).rejects.toEqual(
        expect.objectContaining({ code: 'E_WORKER_LOST', message: expect.stringContaining('workers in a row failed') }),
      );
    },
    20_000,
  );

  test.each([
    null,
    'x',
    [],
    { type: 'nope' },
    { type: 'capabilities', calls: 'x' },
    { type: 'outcomes', outcomes: [{ callId: 999, ok: true }] },
  ])('a message %j on the wire harms nobody', async (message) => {
    const pool = createPool({ maxThreads: 1 });
    await pool.load(extensionWire(1));
    expect(await call(pool, { do: 'raw', message })).toBe('sent');
    expect(await call(pool, { value: 1 })).toBe(1);
    expect(pool.stats().violations).toBe(1);
  });

  test('a flood of forged messages costs its thread, and nobody else', async () => {
    const pool = createPool();
    await pool.load(extensionWire(1));
    const flood = call(pool, { do: 'raw', message: { type: 'nope' }, times: 100_000 }).catch(() => 'lost');
    const good = Array.from({ length: 20 }, (_, value) => call(pool, { value }));
    expect(await Promise.all(good)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    await flood;
  }, 20_000);

  test('idle threads above minThreads are retired', async () => {
    const pool = createPool({ idleTimeoutMs: 20, minThreads: 1 });
    await pool.load(extensionWire(1));
    await Promise.all(Array.from({ length: 200 }, (_, value) => call(pool, { value })));
    await vi.waitUntil(() => pool.stats().lanes.length === 1);
    expect(await call(pool, { value: 1 })).toBe(1);
  });

  test('a thread says what its engine counts', async () => {
    const pool = createPool({ maxThreads: 1 });
    await pool.load(extensionWire(1));
    const asked = call(pool, { do: 'ask', name: 'sleep' });
    await vi.waitUntil(() => pool.stats().restores === 5);
    expect(pool.stats().memoryBytes).toBe(1024);
    await asked;
  });

  test('a lane for which there is no thread is lost, and no more than that', async () => {
    const lanes = createWorkerLanes({ filename: THREAD, wasm, maxLanes: 1 });
    const lost: string[] = [];
    const events = new Proxy({} as LaneEvents, {
      get: (_, name) => (name === 'lost' ? (reason: Error) => void lost.push(reason.message) : () => {}),
    });
    const started = Array.from({ length: 10 }, () => lanes.start(events)); // for 8 threads
    await vi.waitFor(() => expect(lost).toEqual(['no thread is free', 'no thread is free']));
    for (const lane of started) lane.terminate();
    await lanes.close();
  });
});
