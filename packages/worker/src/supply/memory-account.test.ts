import { MemoryBudget } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { garbageCollector } from '../thread/garbage-collector.js';
import { openAsking, poll, type AskingEngine } from './testing/open-asking.js';

const MIB = 1 << 20;
/** Fills some memory, and holds it while it waits. */
const HOLD = 'async (n) => { const held = new Uint8Array(n).fill(7); await ask(n); return held.at(-1); }';

async function open(maxBytes: number): Promise<AskingEngine & { budget: MemoryBudget }> {
  const budget = MemoryBudget.create(2, maxBytes);
  const asking = await openAsking({ memory: { budget, lane: 1 }, collect: garbageCollector(0) });
  return { ...asking, budget };
}

describe('MemoryAccount', () => {
  test('a heap that would outgrow the budget is refused, with the limit named', async () => {
    const { budget, engine, load, start, asked, answer, outcomes } = await open(24 * MIB);
    await load(HOLD);
    start(1, 8 * MIB);
    start(2, 50 * MIB);
    await poll(() => outcomes.get(2)).toBe('E_MEMORY memoryLimitBytes');
    start(3, 30 * MIB);
    await poll(() => outcomes.get(3)).toBe('E_MEMORY maxMemoryBytes');
    expect(budget.usedBytes).toBeLessThan(24 * MIB);
    for (const call of asked) answer(call, 0);
    await poll(() => outcomes.get(1)).toBe(7);
    engine.close();
  });

  test('what other lanes use counts', async () => {
    const { budget, engine, load, start, outcomes } = await open(24 * MIB);
    await load('(n) => new Uint8Array(n).length');
    start(1, 8 * MIB);
    budget.charge(0, 14 * MIB, 1);
    start(2, 12 * MIB);
    await poll(() => outcomes.get(2)).toBe('E_MEMORY maxMemoryBytes');
    budget.clear(0);
    start(3, 12 * MIB);
    await poll(() => outcomes.has(3)).toBe(true);
    expect(outcomes.get(3)).toBe(12 * MIB);
    engine.close();
  });

  test('calls wait for the memory that their like hold, but an extension gets its first sandbox', async () => {
    const { budget, engine, load, start, asked, answer, outcomes } = await open(24 * MIB);
    await load(HOLD);
    const other = await load('() => "other"');
    start(99, 4 * MIB);
    await poll(() => asked.length).toBe(1);
    answer(asked.shift()!, 0);
    for (let id = 1; id <= 20; id++) start(id, 4 * MIB);
    await poll(() => budget.missingBytes(5 * MIB, 'more')).toBeGreaterThan(0);
    start(100, 0, other);
    await poll(() => outcomes.get(100)).toBe('other');
    expect(asked.length).toBeLessThan(6);
    expect(budget.usedBytes).toBeLessThanOrEqual(24 * MIB);
    for (let answered = 0; answered < 20; answered++) {
      await poll(() => asked.length).toBeGreaterThan(answered);
      answer(asked[answered]!, 0);
    }
    await poll(() => outcomes.size).toBe(22);
    expect([...outcomes.values()].every((value) => value === 7 || value === 'other')).toBe(true);
    engine.close();
  });

  test('of the calls that wait, those that hold most are ended first', async () => {
    const { engine, load, start, asked, answer, outcomes } = await open(64 * MIB);
    await load(HOLD);
    for (const [index, size] of [1, 6, 3].entries()) start(index + 1, size * MIB);
    await poll(() => asked.length).toBe(3);
    engine.shed(1);
    expect([...outcomes]).toEqual([[2, 'E_MEMORY maxMemoryBytes']]);
    for (const call of asked) answer(call, 0);
    await poll(() => outcomes.size).toBe(3);
    expect([outcomes.get(1), outcomes.get(3)]).toEqual([7, 7]);
    engine.close();
  });

  test('what a burst leaves behind goes once it was not used for a while', async () => {
    const { budget, engine, load, start, asked, answer, outcomes } = await open(512 * MIB);
    await load(HOLD);
    start(99, 10);
    await poll(() => asked.length).toBe(1);
    answer(asked.shift()!, 0);
    await poll(() => outcomes.size).toBe(1);
    const quietBytes = budget.usedBytes;
    for (let id = 1; id <= 12; id++) start(id, id === 12 ? 16 * MIB : 2 * MIB);
    await poll(() => asked.length).toBe(12);
    expect(budget.usedBytes).toBeGreaterThan(36 * MIB);
    for (const call of asked) answer(call, 0);
    await poll(() => outcomes.size).toBe(13);
    await engine.trim();
    await engine.trim();
    expect(budget.usedBytes).toBeLessThanOrEqual(quietBytes * 1.3);
    start(13, 10);
    await poll(() => asked.length).toBe(13);
    engine.close();
  });
});
