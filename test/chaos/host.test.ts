import type { LookupFunction } from 'node:net';

import { describe, expect, test, vi } from 'vitest';

import type { Host } from '../../packages/host/src/host.js';
import type { HostOptions } from '../../packages/host/src/types.js';
import type { Ledger } from './ledger.js';
import { effectful, loadOperation } from './open-host.js';
import { burst, call, type RowOptions, underLedger as underThreads, until } from './under-ledger.js';

/**
 * Rows of the corpus' `chaos.json` that happen to the host or around it: they are the same on
 * threads and on the calling thread.
 */
describe.each(['threads', 'inline'] as const)('on a host (%s)', (mode) => {
  const POOL: HostOptions = mode === 'inline' ? { pool: 'inline' } : {};
  const underLedger = (run: (host: Host, ledger: Ledger) => Promise<void>, row: RowOptions = {}): Promise<void> =>
    underThreads(run, { ...row, options: { ...POOL, ...row.options } });

  test('a full queue refuses at once, and what it took settles', async () => {
    await underLedger(async (host, ledger) => {
      await loadOperation(host, 'quiet', '() => 1');
      // one extension may take half of 10,000
      const hows = await burst(host, ledger, 6_000, 'quiet');
      expect(hows.filter((how) => how === 'E_QUEUE_FULL').length).toBeGreaterThan(0);
      expect(new Set(hows)).toEqual(new Set(['ok', 'E_QUEUE_FULL']));
    });
  });

  test('callers that abort in every state get E_ABORTED, once', async () => {
    await underLedger(async (host, ledger) => {
      const controllers = Array.from({ length: 300 }, () => new AbortController());
      const calls = controllers.map(({ signal }) => ledger.book((id) => host.operation('work', { id }, { signal })));
      controllers.slice(0, 50).forEach((each) => each.abort()); // not sent yet
      await until(() => host.stats().running > 0);
      controllers.slice(50, 200).forEach((each) => each.abort()); // queued or running
      const hows = await Promise.all(calls);
      controllers.forEach((each) => each.abort()); // over
      expect(hows.slice(0, 50).every((how) => how === 'E_ABORTED')).toBe(true);
      expect(hows.slice(200).every((how) => how === 'ok')).toBe(true);
    });
  });

  test.each([
    [
      'fails',
      (callback: Parameters<LookupFunction>[2]) => callback(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), []),
      'E_NETWORK',
    ],
    ['never answers', () => {}, 'E_NETWORK'],
  ])('a name service that %s fails the calls that need it, and no other', async (_, answer, expected) => {
    await underLedger(
      async (host, ledger) => {
        await loadOperation(host, 'quiet', '() => 1');
        const failing = burst(host, ledger, 20);
        expect(new Set(await burst(host, ledger, 100, 'quiet'))).toEqual(new Set(['ok']));
        expect(new Set(await failing)).toEqual(new Set([expected]));
      },
      { options: { request: { lookup: (_name, _options, callback) => answer(callback), timeoutMs: 300 } } },
    );
  });

  test('a host that was blocked for two seconds kills no thread, times out no call and fails no request', async () => {
    await underLedger(
      async (host, ledger) => {
        await loadOperation(host, 'asleep', 'async () => sleep(20)');
        const calls = [burst(host, ledger, 50, 'asleep'), burst(host, ledger, 50)];
        await until(() => ledger.arrived > 0);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
        expect(new Set((await Promise.all(calls)).flat())).toEqual(new Set(['ok']));
        expect(host.stats().kills).toBe(0);
      },
      { options: { limits: { wallTimeMs: 1_500, cpuTimeMs: 500 }, request: { timeoutMs: 1_000 } } },
    );
  });

  test('an upstream that dies in the middle of its response fails the calls that asked it, once', async () => {
    await underLedger(async (host, ledger) => {
      await loadOperation(host, 'cut', effectful(ledger.port, '/cut'));
      const failing = burst(host, ledger, 50, 'cut');
      expect(new Set(await burst(host, ledger, 50))).toEqual(new Set(['ok']));
      expect(new Set(await failing)).toEqual(new Set(['E_NETWORK']));
      expect(ledger.arrived).toBe(100);
      expect(host.stats().reruns).toBe(0);
    });
  });

  test.each([3_600_000, -3_600_000])('a clock that jumps by %i ms ends no call', async (jumpMs) => {
    await underLedger(async (host, ledger) => {
      const calls = burst(host, ledger, 50);
      await until(() => host.stats().running > 0);
      const now = Date.now;
      vi.spyOn(Date, 'now').mockImplementation(() => now() + jumpMs);
      try {
        expect(new Set(await calls)).toEqual(new Set(['ok']));
      } finally {
        vi.restoreAllMocks();
      }
    });
  });

  test.each([
    ['in time', 60_000, ['ok']],
    ['at once', 0, ['E_CLOSED', 'ok']],
  ])(
    'a host that closes %s settles 100 calls in flight and 1,000 that wait',
    async (_, deadlineMs, allowed) => {
      await underLedger(async (host, ledger) => {
        const calls = burst(host, ledger, 1_100);
        await until(() => host.stats().running > 0);
        const closing = host.close(deadlineMs);
        expect(await ledger.book(call(host))).toBe('E_CLOSED');
        const hows = await calls;
        await closing;
        expect(allowed).toEqual(expect.arrayContaining([...new Set(hows)]));
      });
    },
    60_000,
  );

  test('an extension that is reloaded and unloaded while it runs finishes its calls on the code they began with', async () => {
    await underLedger(async (host, ledger) => {
      for (let round = 0; round < 5; round++) {
        const calls = burst(host, ledger, 50);
        await until(() => host.stats().running > 0);
        const [hows] = await Promise.all([calls, host.reload('work')]);
        expect(new Set(hows)).toEqual(new Set(['ok']));
      }
      const last = burst(host, ledger, 50);
      await until(() => host.stats().running > 0);
      await host.unload('work');
      expect(new Set(await last)).toEqual(new Set(['ok']));
      expect(await ledger.book(call(host))).toBe('E_NOT_FOUND');
    });
  });

  test('two versions of one extension at once: each call gets the one that it began with', async () => {
    await underLedger(async (host) => {
      const version = (text: string): string => `async () => { await sleep(30); return '${text}'; }`;
      await loadOperation(host, 'versioned', version('first'));
      const old = Array.from({ length: 20 }, () => host.operation('versioned'));
      await until(() => host.stats().running > 0);
      const unloading = host.unload('versioned');
      await loadOperation(host, 'versioned', version('second'));
      const young = Array.from({ length: 20 }, () => host.operation('versioned'));
      expect(new Set(await Promise.all(old))).toEqual(new Set(['first']));
      expect(new Set(await Promise.all(young))).toEqual(new Set(['second']));
      await unloading;
    });
  });

  test('a hundred loads and unloads while calls run harm none of them', async () => {
    await underLedger(async (host, ledger) => {
      const over = new AbortController();
      const neighbours = Array.from({ length: 4 }, async () => {
        while (!over.signal.aborted) expect(await ledger.book(call(host))).toBe('ok');
      });
      for (let round = 0; round < 100; round++) {
        await loadOperation(host, 'passing', `() => ${round}`);
        const calls = burst(host, ledger, 3, 'passing');
        await host.unload('passing');
        expect(new Set(await calls)).toEqual(new Set(['ok']));
      }
      over.abort();
      await Promise.all(neighbours);
      expect(host.stats().extensions).toHaveLength(1);
    });
  }, 30_000);

  test('many loads and unloads leave nothing behind', async () => {
    await underLedger(async (host, ledger) => {
      for (let round = 0; round < 100; round++) {
        await loadOperation(host, 'passing', `() => ${round}`);
        expect(await ledger.book(call(host, 'passing'))).toBe('ok');
        await host.unload('passing');
      }
      await ledger.book(call(host));
      await until(() => host.stats().lanes.every(({ snapshots }) => snapshots <= 2));
      expect(host.stats().extensions).toHaveLength(1);
    });
  });

  test.each<[string, () => unknown]>([
    [
      'throw',
      () => {
        throw new Error('the sink is full');
      },
    ],
    ['reject', () => Promise.reject(new Error('the sink is gone'))],
    ['never end', () => new Promise(() => {})],
  ])('sinks of logs, audits, calls and errors that %s harm no call', async (_, sink) => {
    const sinks = {
      onLog: vi.fn<() => unknown>(sink),
      onAudit: vi.fn<() => unknown>(sink),
      onCall: vi.fn<() => unknown>(sink),
      onError: vi.fn<() => unknown>(sink),
    };
    await underLedger(
      async (host, ledger) => {
        await loadOperation(host, 'chatty', `({ id }) => { log('at ' + id); return id; }`);
        await loadOperation(host, 'failing', `() => { throw new Error('no'); }`);
        expect(new Set(await burst(host, ledger, 100, 'chatty'))).toEqual(new Set(['ok']));
        expect(new Set(await burst(host, ledger, 10, 'failing'))).toEqual(new Set(['E_GUEST']));
        expect(sinks.onLog).toHaveBeenCalledTimes(100);
        expect(sinks.onAudit).toHaveBeenCalledTimes(100);
        expect(sinks.onCall).toHaveBeenCalledTimes(110);
      },
      { options: sinks as HostOptions },
    );
  });

  test('one tenant with a hundred times its share does not delay another one', async () => {
    await underLedger(async (host, ledger) => {
      await loadOperation(host, 'greedy', '() => { let n = 0; while (n < 20_000) n++; return n; }');
      await loadOperation(host, 'modest', '() => 1');
      let greedyLeft = 2_000;
      const greedy = Array.from({ length: greedyLeft }, () =>
        ledger.book(call(host, 'greedy')).then(() => greedyLeft--),
      );
      await until(() => host.stats().running > 0);
      expect(new Set(await burst(host, ledger, 20, 'modest'))).toEqual(new Set(['ok']));
      expect(greedyLeft).toBeGreaterThan(1_000);
      await Promise.all(greedy);
    });
  }, 30_000);
});
