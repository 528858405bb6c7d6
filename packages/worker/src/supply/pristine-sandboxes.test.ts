import { describe, expect, test } from 'vitest';

import { openAsking, poll, type AskingEngine } from './testing/open-asking.js';

/** Calls that wait side by side: far more than one extension has sandboxes. */
const MANY = 300;

async function opened(handler: string): Promise<AskingEngine> {
  const asking = await openAsking();
  await asking.load(handler);
  return asking;
}

describe('PristineSandboxes', () => {
  test('calls that wait swap one another out, and each goes on with what is its own', async () => {
    const { engine, asked, outcomes, start, answer } = await opened(
      `async (n) => {
       globalThis.n ??= n;
       const own = Array.from({ length: 20 }, (_, i) => 'x'.repeat(i) + n);
       const map = new Map([[n, Math.random()]]);
       const before = map.get(n);
       const first = await ask(n);
       const second = await ask([n, first]);
       return [n, globalThis.n, own.at(-1), before === map.get(n), first, second];
     }`,
    );
    const ids = Array.from({ length: MANY }, (_, i) => i + 1);
    for (const id of ids) start(id, id);
    await poll(() => asked.length).toBe(MANY);
    expect(engine.stats().sandboxes).toBeLessThanOrEqual(64);
    for (const call of asked.splice(0).toReversed()) answer(call, `first ${call.callId}`);
    await poll(() => asked.length).toBe(MANY);
    for (const call of asked) answer(call, { second: call.callId });
    await poll(() => outcomes.size).toBe(MANY);
    for (const id of ids) {
      expect(outcomes.get(id)).toEqual([id, id, 'x'.repeat(19) + id, true, `first ${id}`, { second: id }]);
    }
    engine.close();
  });

  test('a call that has written much keeps its sandbox; another is made for the one that it had swapped out', async () => {
    const { engine, asked, outcomes, start, answer } = await opened(
      `async (n) => { const big = new Uint8Array(n).fill(7); await ask(n); return big.every((byte) => byte === 7) && n; }`,
    );
    start(1, 10);
    start(2, 1 << 20);
    await poll(() => asked.length).toBe(2);
    for (const call of asked) answer(call, 0);
    await poll(() => outcomes.size).toBe(2);
    expect([1, 2].map((id) => outcomes.get(id))).toEqual([10, 1 << 20]);
    engine.close();
  });

  test('answers to a call that waits for a sandbox are given in their order', async () => {
    const { engine, asked, outcomes, start, answer } = await opened(
      `async (n) => {
       const big = new Uint8Array(n);
       big.fill(1);
       const said = [];
       await Promise.all([1, 2].map((i) => ask(i).then((a) => said.push(a))));
       return said;
     }`,
    );
    start(1, 10);
    start(2, 1 << 20);
    await poll(() => asked.length).toBe(4);
    for (const call of asked) if (call.callId === 1) answer(call, call.seq);
    await poll(() => outcomes.has(1)).toBe(true);
    expect(outcomes.get(1)).toEqual([1, 2]);
    engine.close();
  });

  test('a stack that was used up before the wait is still known after it', async () => {
    const { engine, asked, outcomes, start, answer } = await opened(
      `async (n) => {
       const deep = () => deep() + 1;
       let error;
       if (n === 1) try { deep(); } catch (caught) { error = caught; }
       await ask(n);
       if (error) throw error;
       throw Object.assign(new Error(), { name: 'InternalError', message: 'stack overflow' });
     }`,
    );
    for (const id of [1, 2]) start(id, id);
    await poll(() => asked.length).toBe(2);
    for (const call of asked) answer(call, 0);
    await poll(() => outcomes.size).toBe(2);
    expect([1, 2].map((id) => outcomes.get(id))).toEqual(['E_STACK stackBytes', 'E_GUEST']);
    engine.close();
  });

  test('calls that end while they are swapped out leave nothing behind', async () => {
    const { engine, asked, outcomes, start, answer } = await opened(
      `async (n) => [n, await ask(n), globalThis.n ??= n]`,
    );
    for (let id = 1; id <= 40; id++) start(id, id);
    await poll(() => asked.length).toBe(40);
    engine.abort(Array.from({ length: 39 }, (_, i) => i + 1));
    for (const call of asked) answer(call, 'late');
    start(41, 41);
    await poll(() => asked.length).toBe(41);
    answer(asked[40]!, 'new');
    await poll(() => outcomes.size).toBe(2);
    expect(outcomes.get(40)).toEqual([40, 'late', 40]);
    expect(outcomes.get(41)).toEqual([41, 'new', 41]);
    engine.forget(1);
    engine.close();
  });
});
