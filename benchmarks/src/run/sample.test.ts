import { runInNewContext } from 'node:vm';

import { describe, expect, test } from 'vitest';

import { createSampler } from './sample.js';

/** A clock that only work moves. */
function createClock(): { clock: () => bigint; advance: (ns: number) => void } {
  let now = 0n;
  return { clock: () => now, advance: (ns) => (now += BigInt(ns)) };
}

describe('createSampler', () => {
  test.each([
    ['a fast subject in a large batch', 100, 100_000],
    ['a slow one alone', 50_000_000, 1],
  ])('%s: a sample lasts long enough', async (_, costNs, batch) => {
    const { clock, advance } = createClock();
    let runs = 0;
    const subject = {
      run: () => {
        runs++;
        advance(costNs);
      },
    };
    const sample = await createSampler(subject, { warmUpMs: 50, sampleMs: 10 }, clock);
    runs = 0;
    expect(await sample()).toBe(costNs);
    expect(runs).toBe(batch);
  });

  test('a promise is awaited and its time counted', async () => {
    const { clock, advance } = createClock();
    const sample = await createSampler(
      { run: () => Promise.resolve().then(() => advance(20_000_000)) },
      { warmUpMs: 1, sampleMs: 10 },
      clock,
    );
    expect(await sample()).toBe(20_000_000);
  });

  test('a promise of another realm is awaited as well', async () => {
    const { clock, advance } = createClock();
    const later = runInNewContext(
      '(advance) => Promise.resolve().then(() => Promise.resolve()).then(() => advance(20000000))',
    );
    const sample = await createSampler({ run: () => later(advance) }, { warmUpMs: 1, sampleMs: 10 }, clock);
    expect(await sample()).toBe(20_000_000);
  });

  test('a run of several operations counts each of them', async () => {
    const { clock, advance } = createClock();
    const sample = await createSampler(
      { operations: 64, run: () => advance(6400) },
      { warmUpMs: 1, sampleMs: 1 },
      clock,
    );
    expect(await sample()).toBe(100);
  });

  test('a subject that samples by itself is not warmed up', async () => {
    let samples = 0;
    const sample = await createSampler({ sample: () => ++samples }, { warmUpMs: 50, sampleMs: 10 });
    expect(await sample()).toBe(1);
  });

  test('a subject without anything to run is refused', async () => {
    await expect(createSampler({}, { warmUpMs: 1, sampleMs: 1 })).rejects.toThrow(TypeError);
  });
});
