import { decodeValue, encodeValue, SandglassError } from '@sandglass/core';
import { describe, expect, test, vi } from 'vitest';

import type { LanePoolOptions } from '../pool.js';
import { extensionWire, succeeded, TestPool } from '../testing/fake-lanes.js';
import { UNSOUND } from '../testing/unsound.js';
import { rejection } from '../testing/rejection.js';

type OnCapability = LanePoolOptions['onCapability'];
const coded = (code: string): unknown => expect.objectContaining({ code });

async function running(
  options: ConstructorParameters<typeof TestPool>[0] = {},
  limits = {},
): Promise<{ pool: TestPool; call: Promise<Uint8Array> }> {
  const pool = new TestPool({ maxThreads: 1, ...options });
  await pool.load(extensionWire(1, limits));
  const call = pool.call(1);
  await pool.settle();
  return { pool, call };
}

const long = encodeValue('x'.repeat(100));

describe('Inbox', () => {
  test.each(UNSOUND.map((message) => [message]))('%j settles nothing, wherever it comes from', async (message) => {
    const onCapability = vi.fn<OnCapability>(() => Promise.resolve());
    const { pool, call } = await running({ onCapability });
    const { events } = pool.lane(0);
    for (const tell of ['outcomes', 'capabilities', 'stats'] as const) {
      events[tell](message);
      events[tell]([message]);
    }
    expect(pool.core.stats()).toMatchObject({ running: 1, settled: { ok: 1 } });
    expect(onCapability).not.toHaveBeenCalled();
    pool.lane(0).finishAll();
    expect(decodeValue(await call)).toBe(1);
    await pool.core.close(0);
  });

  test.each(['outcomes', 'capabilities'] as const)('%s: a list ends with the lane that sent it', async (tell) => {
    const { pool, call } = await running();
    call.catch(() => {});
    const { events } = pool.lane(0);
    events[tell](Object.assign([], { length: 2 ** 32 - 1 }));
    expect(pool.core.stats()).toMatchObject({ violations: 1 });
    events[tell](Array.from({ length: 50_000 }));
    expect(pool.core.stats()).toMatchObject({ kills: 1 });
    expect(pool.core.stats().violations).toBeLessThanOrEqual(100);
    await pool.core.close(0);
  });

  test('an outcome for a call of another lane, or for no call, is ignored and counted', async () => {
    const pool = new TestPool({ minThreads: 2 });
    await pool.load(extensionWire(1));
    const call = pool.call(1);
    await pool.settle();
    const other = pool.lanes.find((lane) => lane.batches.length === 0)!;
    other.events.outcomes([succeeded(1, 'forged'), succeeded(999)]);
    expect(pool.core.stats()).toMatchObject({ ignored: 2, running: 1 });
    for (const lane of pool.lanes) lane.finishAll();
    expect(decodeValue(await call)).toBe(1);
    await pool.core.close(0);
  });

  test('the first outcome counts, a second one is ignored', async () => {
    const { pool, call } = await running();
    pool.lane(0).events.outcomes([succeeded(1, 'first'), succeeded(1, 'second')]);
    expect(decodeValue(await call)).toBe('first');
    pool.lane(0).finishAll();
    expect(pool.core.stats()).toMatchObject({ ignored: 2, settled: { ok: 2 } });
    await pool.core.close(0);
  });

  test('a capability call is made once: a repeated or older seq is none', async () => {
    const onCapability = vi.fn<OnCapability>(() => Promise.resolve());
    const { pool, call } = await running({ onCapability });
    for (const seq of [2, 2, 1]) pool.lane(0).ask({ callId: 1, seq });
    expect(onCapability).toHaveBeenCalledTimes(1);
    expect(pool.core.stats().violations).toBe(2);
    pool.lane(0).finishAll();
    await call;
    await pool.core.close(0);
  });

  test('a capability that the extension does not have never reaches the host', async () => {
    const onCapability = vi.fn<OnCapability>(() => Promise.resolve());
    const { pool, call } = await running({ onCapability });
    pool.lane(0).ask({ callId: 1, name: 'eval' });
    expect(onCapability).not.toHaveBeenCalled();
    pool.lane(0).finishAll();
    await call;
    await pool.core.close(0);
  });

  test('a lane that goes on sending nonsense is ended, and its calls run again', async () => {
    const { pool, call } = await running();
    for (let i = 0; i < 1_000; i++) pool.lane(0).events.outcomes('nonsense');
    expect(pool.lane(0).isTerminated).toBe(true);
    await pool.settle();
    pool.lane(1).finishAll();
    expect(decodeValue(await call)).toBe(1);
    await pool.core.close(0);
  });

  test('a flood of messages for nobody ends its lane', async () => {
    const { pool, call } = await running();
    pool.lane(0).events.outcomes(Array.from({ length: 30_000 }, () => succeeded(777)));
    expect(pool.lane(0).isTerminated).toBe(true);
    await pool.settle();
    pool.lane(1).finishAll();
    await call;
    await pool.core.close(0);
  });

  test('a capability call reaches the host decoded, and its answer reaches the engine', async () => {
    const onCapability = vi.fn<OnCapability>((call) => Promise.resolve({ got: call.args }));
    const { pool, call } = await running({ onCapability });
    pool.lane(0).ask({ callId: 1, args: [encodeValue('https://allowed.test/'), encodeValue({ method: 'GET' })] });
    await pool.settle();
    expect(onCapability).toHaveBeenCalledWith(expect.objectContaining({ callId: 1, extensionId: 1, name: 'request' }));
    const [settlement] = pool.lane(0).settlements;
    expect(settlement).toMatchObject({ callId: 1, seq: 1, ok: true });
    expect(decodeValue((settlement as { value: Uint8Array }).value)).toEqual({
      got: ['https://allowed.test/', { method: 'GET' }],
    });
    pool.lane(0).finishAll();
    await call;
    expect(pool.core.stats().capabilityMs.count).toBe(1);
    await pool.core.close(0);
  });

  test.each([
    [
      Object.assign(new Error('x'), { wire: { name: 'TypeError', message: 'for the guest', code: 'E_SCOPE' } }),
      { name: 'TypeError', message: 'for the guest', code: 'E_SCOPE' },
    ],
    [new Error('secret of the host'), { name: 'Error', message: 'Cannot serve "request"', code: 'E_GUEST' }],
  ])('a rejected capability call fails in the guest, and shows only what is meant for it: %s', async (error, wire) => {
    const { pool, call } = await running({
      onCapability: async () => {
        throw error;
      },
    });
    pool.lane(0).ask({ callId: 1 });
    await pool.settle();
    expect(pool.lane(0).settlements).toEqual([{ callId: 1, seq: 1, ok: false, error: wire }]);
    pool.lane(0).finishAll();
    await call;
    await pool.core.close(0);
  });

  test('an answer that cannot be copied fails in the guest with E_CLONE', async () => {
    const { pool, call } = await running({ onCapability: () => Promise.resolve(() => {}) });
    pool.lane(0).ask({ callId: 1 });
    await pool.settle();
    expect(pool.lane(0).settlements).toMatchObject([{ ok: false, error: { name: 'TypeError', code: 'E_CLONE' } }]);
    pool.lane(0).finishAll();
    await call;
    await pool.core.close(0);
  });

  test('a capability may end the whole call', async () => {
    const { pool, call } = await running({
      onCapability: () => Promise.reject(new SandglassError('E_QUOTA', 'too many')),
    });
    const refused = rejection(call);
    pool.lane(0).ask({ callId: 1 });
    expect(await refused).toEqual(expect.objectContaining({ code: 'E_QUOTA', callId: 1, extension: 'extension-1' }));
    await pool.settle();
    expect(pool.lane(0).aborted).toEqual([1]);
    await pool.core.close(0);
  });
  test.each([
    ['maxCapabilityCalls', 2, { capability: 'sleep', count: 3, args: [] }],
    ['maxPendingCapabilityCalls', 1, { capability: 'sleep', count: 2, args: [] }],
    ['maxLogLines', 2, { capability: 'log', count: 3, args: [encodeValue('x')] }],
    ['maxLogBytes', 150, { capability: 'log', count: 2, args: [long] }],
    ['maxResultBytes', 90, { capability: 'request', count: 1, args: [long] }],
  ] as const)(
    '%s ends the call with E_QUOTA, and nothing after it reaches the host',
    async (name, limit, { capability, count, args }) => {
      const onCapability = vi.fn<OnCapability>(() => new Promise(() => {}));
      const { pool, call } = await running({ onCapability }, { [name]: limit });
      const refused = rejection(call);
      for (let seq = 1; seq <= count + 3; seq++)
        pool.lane(0).ask({ callId: 1, seq, name: capability, args: [...args] });
      expect(await refused).toEqual(
        expect.objectContaining({ code: 'E_QUOTA', limit: expect.objectContaining({ name }) }),
      );
      expect(onCapability).toHaveBeenCalledTimes(count - 1);
      await pool.core.close(0);
    },
  );

  test('an answer beyond maxArgumentBytes, and a result beyond maxResultBytes, end the call', async () => {
    const { pool, call } = await running(
      { onCapability: () => Promise.resolve('x'.repeat(200)) },
      { maxArgumentBytes: 100, maxResultBytes: 100 },
    );
    const other = pool.call(1);
    const refused = Promise.all([rejection(call), rejection(other)]);
    await pool.settle();
    pool.lane(0).ask({ callId: 1 });
    pool.lane(0).events.outcomes([succeeded(2, 'x'.repeat(200))]);
    expect(await refused).toEqual([coded('E_QUOTA'), coded('E_QUOTA')]);
    await pool.core.close(0);
  });

  test('the ending of a capability call fires when its call settles', async () => {
    const signals: AbortSignal[] = [];
    const { pool, call } = await running({
      onCapability: ({ ending }) => (signals.push(ending.signal), new Promise(() => {})),
    });
    pool.lane(0).ask({ callId: 1 });
    expect(signals[0]?.aborted).toBe(false);
    pool.lane(0).finishAll();
    await call;
    expect(signals[0]?.aborted).toBe(true);
    await pool.core.close(0);
  });
});
