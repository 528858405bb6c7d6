import { describe, expect, test, vi } from 'vitest';

import { Ledger } from './ledger.js';
import { effectful, type Fault, loadOperation, openHost, type Sabotage } from './open-host.js';
import { collectThreads, startStorm } from './threads.js';
import { burst, call, underLedger, unfinished, until } from './under-ledger.js';

/** Rows of the corpus' `chaos.json` that happen to threads. */

/** The corpus wants a pool back to its size within this. */
const BACK_TO_SIZE_MS = 2_000;

/** Whether each start comes at least so long after the one before. */
function expectPauses(startsMs: readonly number[], leastMs: readonly number[]): void {
  expect(startsMs).toHaveLength(leastMs.length + 1);
  for (const [index, least] of leastMs.entries()) {
    expect(startsMs[index + 1]! - startsMs[index]!).toBeGreaterThanOrEqual(least);
  }
}

describe('threads that die', () => {
  test.each<Fault>(['exit', 'throw', 'reject', 'abort', 'memory'])(
    'a thread that ends by %s costs no call more than a typed error',
    async (fault) => {
      await underLedger(
        async (host, ledger) => {
          await burst(host, ledger, 400);
          const { lost, kills } = host.stats();
          expect(lost + kills).toBeGreaterThan(0); // a thread that is slow to end counts as hanging
          expect(await ledger.book(call(host))).toBe('ok');
          expect(unfinished(host.stats())).toBe(0);
        },
        { sabotage: { fault, countdown: 4 } },
      );
    },
    30_000,
  );

  test.each<Sabotage>([
    { fault: 'start', countdown: 3 },
    { fault: 'slow', countdown: 0 },
  ])(
    'threads that have trouble to start ($fault) delay calls, and lose none',
    async (sabotage) => {
      await underLedger(
        async (host, ledger) => {
          expect(new Set(await burst(host, ledger, 50))).toEqual(new Set(['ok']));
        },
        { sabotage },
      );
    },
    30_000,
  );

  test("a thread that hangs in the host's own code is ended, nobody is blamed, and its calls run elsewhere", async () => {
    await underLedger(
      async (host, ledger) => {
        await loadOperation(host, 'quiet', 'async ({ id }) => { await sleep(id % 3); return id; }');
        expect(new Set(await burst(host, ledger, 200, 'quiet'))).toEqual(new Set(['ok']));
        expect(host.stats()).toMatchObject({ kills: 1, lost: 0 });
      },
      { sabotage: { fault: 'hang', countdown: 1 } },
    );
  }, 30_000);

  test('threads that are terminated again and again cost no call more than a typed error', async () => {
    using threads = collectThreads();
    await underLedger(
      async (host, ledger) => {
        for (let round = 0; round < 10; round++) {
          const calls = burst(host, ledger, 100);
          await until(() => host.stats().running > 0);
          threads.terminateOne();
          await calls;
        }
        expect(host.stats().lost).toBeGreaterThan(0);
        const { ok = 0, E_WORKER_LOST = 0 } = ledger.counts;
        expect(ok + E_WORKER_LOST).toBe(1_000);
        const ready = (): number => host.stats().lanes.filter(({ state }) => state === 'ready').length;
        await until(() => ready() === 2, BACK_TO_SIZE_MS);
      },
      { options: { pool: { minThreads: 2, maxThreads: 2 } } },
    );
  }, 30_000);

  test('capability calls that are pending when their thread dies: what was asked of the world is not asked again', async () => {
    using threads = collectThreads();
    await underLedger(
      async (host, ledger) => {
        await loadOperation(host, 'held', effectful(ledger.port, '/held'));
        await loadOperation(host, 'asleep', 'async ({ id }) => { await sleep(500); return id; }');
        const held = burst(host, ledger, 10, 'held');
        const asleep = burst(host, ledger, 10, 'asleep');
        await until(() => ledger.arrived === 10);
        threads.terminateOne();
        expect(new Set(await held)).toEqual(new Set(['E_WORKER_LOST']));
        expect(new Set(await asleep)).toEqual(new Set(['ok']));
        expect(ledger.arrived).toBe(10);
        expect(host.stats().reruns).toBe(10);
      },
      { options: { pool: { maxThreads: 1 } } },
    );
  });

  test('ten threads killed in a row as they start: growing pauses, a clear error, and a host that works when it is over', async () => {
    using storm = startStorm(10);
    await using host = await openHost({ pool: { maxThreads: 1 } });
    await using ledger = await Ledger.open();
    const load = (): Promise<string> => ledger.book(() => loadOperation(host, 'work', effectful(ledger.port)));
    expect(await load()).toBe('E_WORKER_LOST');
    expectPauses(storm.startsMs, [50, 100, 200, 400, 800]);
    expect(await load()).toBe('E_WORKER_LOST'); // at once: nothing is started for it
    expect(storm.startsMs).toHaveLength(6);
    storm.stop();
    await vi.waitUntil(async () => (await load()) === 'ok', { timeout: 10_000, interval: 100 });
    expect(new Set(await burst(host, ledger, 20))).toEqual(new Set(['ok']));
    expect(ledger.problems).toEqual([]);
  }, 30_000);

  test('threads killed as they start, on a host that has worked before, delay calls and lose none', async () => {
    using threads = collectThreads();
    await underLedger(
      async (host, ledger) => {
        using storm = startStorm(5);
        threads.terminateOne();
        expect(new Set(await burst(host, ledger, 50))).toEqual(new Set(['ok']));
        expect(storm.killed).toBe(5);
        expectPauses(storm.startsMs, [50, 100, 200, 400, 400]);
      },
      { options: { pool: { maxThreads: 1 } } },
    );
  }, 30_000);

  test('a native that never polls ends with its sandbox, and its neighbours run on', async () => {
    await underLedger(
      async (host, ledger) => {
        await loadOperation(host, 'bomb', '() => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)');
        // Without an effect: one that had made it when its thread was ended could not run again.
        await loadOperation(host, 'quiet', 'async ({ id }) => { await sleep(id % 3); return id; }');
        const bombs = burst(host, ledger, 2, 'bomb');
        expect(new Set(await burst(host, ledger, 200, 'quiet'))).toEqual(new Set(['ok']));
        expect(await bombs).toEqual(['E_CPU', 'E_CPU']);
        expect(host.stats().kills).toBe(0);
      },
      { options: { limits: { cpuTimeMs: 150 } } },
    );
  });
});
