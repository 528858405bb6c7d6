import { describe, expect, test } from 'vitest';

import { rejection } from './testing/rejection.js';
import { extensionWire, TestPool } from './testing/fake-lanes.js';

const refused = (code: string): Error =>
  Object.assign(new Error('x'), { wire: { name: 'Error', message: 'no', code } });

/** A call that has asked for a capability, on a lane that then dies. */
async function loseAfter(answer: () => Promise<unknown>): Promise<{ pool: TestPool; call: Promise<unknown> }> {
  const pool = new TestPool({ maxThreads: 1, onCapability: answer });
  await pool.load(extensionWire(1));
  const call = pool.call(1);
  const settled = call.then(
    () => 'again',
    (error: { code: string }) => error.code,
  );
  await pool.settle();
  pool.lane(0).ask({ callId: 1 });
  await pool.settle();
  pool.lane(0).events.lost(new Error('gone'));
  await pool.settle();
  for (const lane of pool.lanes.slice(1)) lane.finishAll();
  return { pool, call: settled };
}

describe('effects of a lost call', () => {
  test('a capability call that the gate refused is no effect: its call runs again', async () => {
    const { pool, call } = await loseAfter(() => Promise.reject(refused('E_SCOPE')));
    expect(await call).toBe('again');
    await pool.core.close(0);
  });

  test.each([
    ['has an answer', () => Promise.resolve('sent')],
    ['failed on its way', () => Promise.reject(refused('E_NETWORK'))],
    ['is still on its way', () => new Promise(() => {})],
    [
      'was refused later, as a redirect is',
      () => new Promise((_, reject) => setImmediate(() => reject(refused('E_SCOPE')))),
    ],
  ])('a capability call that %s is an effect: its call does not run again', async (_, answer) => {
    const { pool, call } = await loseAfter(answer);
    expect(await call).toBe('E_WORKER_LOST');
    await pool.core.close(0);
  });

  test('a refusal takes back its own effect, and no other', async () => {
    let asked = 0;
    const onCapability = (): Promise<unknown> =>
      ++asked === 1 ? Promise.resolve('sent') : Promise.reject(refused('E_SCOPE'));
    const pool = new TestPool({ maxThreads: 1, onCapability });
    await pool.load(extensionWire(1));
    const lost = rejection(pool.call(1));
    await pool.settle();
    pool.lane(0).ask({ callId: 1, seq: 1 });
    pool.lane(0).ask({ callId: 1, seq: 2 });
    await pool.settle();
    pool.lane(0).events.lost(new Error('gone'));
    expect(await lost).toEqual(expect.objectContaining({ code: 'E_WORKER_LOST' }));
    await pool.core.close(0);
  });
});
