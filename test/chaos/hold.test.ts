import { isSandglassError } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { loadOperation, openHost } from './open-host.js';

const MIB = 1 << 20;
const BUDGET = 96 * MIB;
const CALLS = 150;

describe('calls that hold memory', () => {
  /**
   * A small version of `hold.mjs`: calls that each fill 4 MiB and wait, several times what there is
   * memory for.
   */
  test('calls that hold memory while they wait stay within the budget of the pool, and harm no neighbour', async () => {
    const host = await openHost({ pool: { maxThreads: 2, maxMemoryBytes: BUDGET, idleTimeoutMs: 1_000 } });
    const hoard = `async () => { const held = new Uint8Array(${4 * MIB}).fill(7); await sleep(20); return held.at(-1); }`;
    await loadOperation(host, 'hoard', hoard);
    await loadOperation(host, 'neighbour', '(n) => n + 1');
    let mostBytes = 0;
    const settled = Array.from({ length: CALLS }, () =>
      host.operation('hoard').then(
        (value) => String(value),
        (error: unknown) => (isSandglassError(error) ? error.code : 'unknown'),
      ),
    );
    const all = Promise.all(settled);
    const over = new AbortController();
    void all.finally(() => over.abort());
    let visits = 0;
    while (!over.signal.aborted) {
      expect(await host.operation('neighbour', visits)).toBe(visits + 1);
      visits += 1;
      mostBytes = Math.max(mostBytes, host.stats().memoryBytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const how = new Set(await all);
    expect(how.has('7')).toBe(true);
    expect([...how].every((each) => ['7', 'E_MEMORY', 'E_WALL'].includes(each))).toBe(true);
    expect(mostBytes).toBeGreaterThan(BUDGET / 3);
    expect(mostBytes).toBeLessThanOrEqual(BUDGET);
    expect(visits).toBeGreaterThan(0);
    await expect.poll(() => host.stats().memoryBytes, { timeout: 15_000 }).toBeLessThan(4 * MIB);
    await host.close();
  }, 60_000);
});
