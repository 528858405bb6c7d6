import { isSandglassError, type Limits } from '@sandglass/core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Pool } from '../../packages/host/src/pool/pool.js';
import { readCorpus } from '../engine/corpus.js';
import { describeSource, openPool, operation, run } from './open-pool.js';

const LIMITS = {
  loadTimeMs: 300,
  memoryLimitBytes: 16 << 20,
  maxCapabilityCalls: 5_000,
  maxPendingCapabilityCalls: 500,
  maxArgumentBytes: 4 << 20,
  maxResultBytes: 4 << 20,
};

/** CPU time of a bomb that is to run into it, and of one that is to run into something else first. */
const CPU_TIME_MS = { short: 150, long: 3_000 };

/** How much longer than its CPU limit a bomb may take in all. */
const WALL_SLACK_MS = 500;

/** Where this product decides otherwise than the corpus. */
const OTHERWISE: Readonly<Record<string, string>> = {
  // A pristine sandbox is restored after its result: what was to run afterwards is gone.
  '07-then-chain.js': 'ok',
  // A Proxy in a result is refused by name, and none of its traps runs (CONTRACT §4).
  '51-return-infinite-tojson.js': 'error',
};

/** What the pool may take beyond a limit, on a machine that does nothing else. */
const SLACK_MS = 250;

/** The word of the corpus for each code. */
const OUTCOME: Readonly<Record<string, string>> = {
  E_CPU: 'timeout',
  E_WALL: 'timeout',
  E_MEMORY: 'memory',
  E_STACK: 'stack',
  E_QUOTA: 'quota',
  E_GUEST: 'error',
  E_CLONE: 'error',
  E_LOAD: 'error',
  E_SCOPE: 'error',
};

const neighbour = describeSource(operation('(n) => n + 1'));
let pool: Pool;

beforeAll(async () => {
  pool = await openPool('threads', {
    onCapability: ({ name, args }) => {
      if (name !== 'sleep') return Promise.resolve({ status: 200, data: '' });
      return new Promise((resolve) => void (Number(args[0]) < 1_000 && setImmediate(resolve)));
    },
  });
  await pool.load(neighbour);
});

afterAll(() => pool.close(0));

/** Loads and calls a bomb, and says how it ended, and after how long its worst phase. */
async function explode(source: string, limits: Partial<Limits>): Promise<{ outcome: string; tookMs: number }> {
  const bomb = describeSource(source, limits);
  let startedMs = performance.now();
  const tookMs = (): number => performance.now() - startedMs;
  try {
    await pool.load(bomb);
    startedMs = performance.now();
    await run(pool, bomb);
    return { outcome: 'ok', tookMs: tookMs() };
  } catch (error) {
    if (!isSandglassError(error)) throw error;
    return { outcome: OUTCOME[error.code] ?? error.code, tookMs: tookMs() };
  } finally {
    await pool.unload(bomb.id);
  }
}

/** Neighbours call one after the other until told to stop; returns how many calls succeeded. */
async function work(goesOn: () => boolean): Promise<number> {
  let count = 0;
  while (goesOn()) {
    expect(await run(pool, neighbour, count)).toBe(count + 1);
    count += 1;
  }
  return count;
}

test.each(readCorpus('exhaustion').map((each) => [each.file, each] as const))(
  '%s ends within its limit, and no neighbour with it',
  async (file, { source, expect: expected }) => {
    const allowed = [...expected.split(',').map((word) => word.trim().replace('(kill)', '')), OTHERWISE[file]];
    const cpuTimeMs = allowed.includes('timeout') ? CPU_TIME_MS.short : CPU_TIME_MS.long;
    const wallTimeMs = cpuTimeMs + WALL_SLACK_MS;
    let goesOn = true;
    const neighbours = Array.from({ length: 4 }, () => work(() => goesOn));
    const { outcome, tookMs } = await explode(source, { ...LIMITS, cpuTimeMs, wallTimeMs }).finally(
      () => (goesOn = false),
    );
    const counts = await Promise.all(neighbours);
    expect(allowed).toContain(outcome);
    expect(tookMs).toBeLessThan(wallTimeMs + SLACK_MS);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  },
);
