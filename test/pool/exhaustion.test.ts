import { isSandglassError, type Limits } from '@sandglass/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { VirtualClock } from '../../packages/host/src/time/virtual-clock.js';
import type { Pool } from '../../packages/host/src/pool/contract.js';
import { readCorpus } from '../engine/corpus.js';
import { allowedOutcomes, toOutcome } from '../engine/outcomes.js';
import { describeSource, openPool, operation, run } from './open-pool.js';

const LIMITS = {
  loadTimeMs: 300,
  memoryLimitBytes: 16 << 20,
  maxCapabilityCalls: 5_000,
  maxPendingCapabilityCalls: 500,
  maxArgumentBytes: 4 << 20,
  maxResultBytes: 4 << 20,
};

/** For cases that are to have 28 MB. */
const ROOMY = { memoryLimitBytes: 32 << 20 };

/**
 * CPU time of a bomb that is to run into it, and of one that is to run into something else first.
 */
const CPU_TIME_MS = { short: 150, long: 3_000 };

/** How much longer than its CPU limit a bomb may take in all. */
const WALL_SLACK_MS = 500;

/** What the pool may take beyond a limit, on a machine that does nothing else. */
const SLACK_MS = 250;

/**
 * The time in which this thread could run: while it could not, limits stand still, and so does what
 * they are measured by.
 */
const clock = new VirtualClock(20);
let ticking: NodeJS.Timeout;

const neighbour = describeSource(operation('(n) => n + 1'));

/** Loads and calls a bomb, and says how it ended, and after how long its worst phase. */
async function explode(
  pool: Pool,
  source: string,
  limits: Partial<Limits>,
): Promise<{ outcome: string; tookMs: number }> {
  const bomb = describeSource(source, limits);
  let startedMs = clock.nowMs();
  const tookMs = (): number => clock.nowMs() - startedMs;
  try {
    await pool.load(bomb);
    startedMs = clock.nowMs();
    await run(pool, bomb);
    return { outcome: 'ok', tookMs: tookMs() };
  } catch (error) {
    if (!isSandglassError(error)) throw error;
    return { outcome: toOutcome(error.code), tookMs: tookMs() };
  } finally {
    await pool.unload(bomb.id);
  }
}

/** Neighbours call one after the other until told to stop; returns how many calls succeeded. */
async function work(pool: Pool, goesOn: () => boolean): Promise<number> {
  let count = 0;
  while (goesOn()) {
    expect(await run(pool, neighbour, count)).toBe(count + 1);
    count += 1;
  }
  return count;
}

describe.each(['threads', 'inline'] as const)('exhaustion (%s)', (mode) => {
  let pool: Pool;

  beforeAll(async () => {
    ticking = setInterval(() => clock.tick(), 10);
    pool = await openPool(mode, {
      onCapability: ({ name, args }) => {
        if (name !== 'sleep') return Promise.resolve({ status: 200, data: '' });
        return new Promise((resolve) => void (Number(args[0]) < 1_000 && setImmediate(resolve)));
      },
    });
    await pool.load(neighbour);
  });

  afterAll(async () => {
    clearInterval(ticking);
    await pool.close(0);
  });

  test.each(readCorpus('exhaustion'))('$file ends within its limit, and no neighbour with it', async (each) => {
    const allowed = allowedOutcomes(each);
    const cpuTimeMs = allowed.includes('timeout') ? CPU_TIME_MS.short : CPU_TIME_MS.long;
    const wallTimeMs = cpuTimeMs + WALL_SLACK_MS;
    let goesOn = true;
    const neighbours = Array.from({ length: 4 }, () => work(pool, () => goesOn));
    const limits = { ...LIMITS, ...(/28e6|120000/.test(each.source) && ROOMY), cpuTimeMs, wallTimeMs };
    const { outcome, tookMs } = await explode(pool, each.source, limits).finally(() => (goesOn = false));
    const counts = await Promise.all(neighbours);
    expect(allowed).toContain(outcome);
    expect(tookMs).toBeLessThan(wallTimeMs + SLACK_MS);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});
