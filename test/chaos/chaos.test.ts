import { expect, test, vi } from 'vitest';

import type { Host } from '../../packages/host/src/host.js';
import type { HostOptions } from '../../packages/host/src/types.js';
import { Ledger } from './ledger.js';
import { effectful, type Fault, loadOperation, type LOOKUP, openHost, type Sabotage } from './open-host.js';
import { collectThreads } from './threads.js';

/** Runs a test with a host, an effectful operation `work`, and a ledger, which has to be sound in the end. */
async function underLedger(
  run: (host: Host, ledger: Ledger) => Promise<void>,
  { options = {}, sabotage }: { options?: HostOptions; sabotage?: Sabotage } = {},
): Promise<void> {
  await using ledger = await Ledger.open();
  const host = await openHost(options, sabotage);
  try {
    await loadOperation(host, 'work', effectful(ledger.port));
    await run(host, ledger);
    const { accepted, settled, queued, running } = host.stats();
    const settlements = Object.values(settled).reduce((sum, count) => sum + count, 0);
    expect(settlements + queued + running).toBe(accepted); // nothing counted twice, nothing forgotten
  } finally {
    await host.close(0);
  }
  expect(ledger.problems).toEqual([]);
}

const call =
  (host: Host, id = 'work') =>
  (each: number) =>
    host.operation(id, { id: each });

/** Makes calls all at once. */
async function burst(host: Host, ledger: Ledger, count: number, id?: string): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => ledger.book(call(host, id))));
}

const unfinished = ({ queued, running }: { queued: number; running: number }): number => queued + running;

test.each<Fault>(['exit', 'throw', 'reject', 'abort', 'memory'])(
  'a thread that ends by %s costs no call more than a typed error',
  async (fault) => {
    await underLedger(
      async (host, ledger) => {
        await burst(host, ledger, 400);
        expect(host.stats().lost).toBeGreaterThan(0);
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
])('threads that have trouble to start ($fault) delay calls, and lose none', async (sabotage) => {
  await underLedger(
    async (host, ledger) => {
      expect(new Set(await burst(host, ledger, 50))).toEqual(new Set(['ok']));
    },
    { sabotage },
  );
});

test('threads that are terminated again and again cost no call more than a typed error', async () => {
  using threads = collectThreads();
  await underLedger(async (host, ledger) => {
    for (let round = 0; round < 10; round++) {
      const calls = burst(host, ledger, 100);
      await vi.waitUntil(() => host.stats().running > 0);
      threads.terminateOne();
      await calls;
    }
    expect(host.stats().lost).toBeGreaterThan(0);
    const { ok = 0, E_WORKER_LOST = 0 } = ledger.counts;
    expect(ok + E_WORKER_LOST).toBe(1_000);
    await vi.waitUntil(() => host.stats().lanes.filter(({ state }) => state === 'ready').length === 2, 5_000);
  });
}, 30_000);

test('a thread in a native that never polls is ended, and its neighbours run on', async () => {
  await underLedger(
    async (host, ledger) => {
      await loadOperation(host, 'bomb', '() => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)');
      const bombs = burst(host, ledger, 2, 'bomb');
      const hows = await burst(host, ledger, 200);
      // A neighbour that was between its effect and its end when its thread was ended cannot run again.
      expect(['ok', 'E_WORKER_LOST']).toEqual(expect.arrayContaining([...new Set(hows)]));
      expect(hows.filter((how) => how === 'ok').length).toBeGreaterThan(100);
      expect(await bombs).toEqual(['E_CPU', 'E_CPU']);
      expect(host.stats().kills).toBe(2);
    },
    { options: { limits: { cpuTimeMs: 150 } } },
  );
});

test('a full queue refuses at once, and what it took settles', async () => {
  await underLedger(
    async (host, ledger) => {
      const hows = await burst(host, ledger, 1_000);
      expect(hows.filter((how) => how === 'E_QUEUE_FULL').length).toBeGreaterThan(0);
      expect(new Set(hows)).toEqual(new Set(['ok', 'E_QUEUE_FULL']));
    },
    { options: { pool: { maxThreads: 2, maxQueueLength: 50 } } },
  );
});

test('callers that abort in every state get E_ABORTED, once', async () => {
  await underLedger(async (host, ledger) => {
    const controllers = Array.from({ length: 300 }, () => new AbortController());
    const calls = controllers.map(({ signal }) => ledger.book((id) => host.operation('work', { id }, { signal })));
    controllers.slice(0, 50).forEach((each) => each.abort()); // not sent yet
    await vi.waitUntil(() => host.stats().running > 0);
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
    (callback: Parameters<typeof LOOKUP>[2]) => callback(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), []),
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

test('a host that was blocked for two seconds kills no thread and times out no call', async () => {
  await underLedger(
    async (host, ledger) => {
      await loadOperation(host, 'waiting', 'async () => sleep(20)');
      const calls = burst(host, ledger, 50, 'waiting');
      await vi.waitUntil(() => host.stats().running > 0);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
      expect(new Set(await calls)).toEqual(new Set(['ok']));
      expect(host.stats().kills).toBe(0);
    },
    { options: { limits: { wallTimeMs: 1_500, cpuTimeMs: 500 } } },
  );
});

test.each([3_600_000, -3_600_000])('a clock that jumps by %i ms ends no call', async (jumpMs) => {
  await underLedger(async (host, ledger) => {
    const calls = burst(host, ledger, 50);
    await vi.waitUntil(() => host.stats().running > 0);
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
  ['in time', 10_000, ['ok']],
  ['at once', 0, ['E_CLOSED', 'ok']],
])('a host that closes %s settles 100 calls in flight and 1,000 that wait', async (_, deadlineMs, allowed) => {
  await underLedger(async (host, ledger) => {
    const calls = burst(host, ledger, 1_100);
    await vi.waitUntil(() => host.stats().running > 0);
    const closing = host.close(deadlineMs);
    expect(await ledger.book(call(host))).toBe('E_CLOSED');
    const hows = await calls;
    await closing;
    expect(hows.filter((how) => !allowed.includes(how))).toEqual([]);
  });
});

test('an extension that is reloaded and unloaded while it runs finishes its calls on the code they began with', async () => {
  await underLedger(async (host, ledger) => {
    for (let round = 0; round < 5; round++) {
      const calls = burst(host, ledger, 50);
      await vi.waitUntil(() => host.stats().running > 0);
      const [hows] = await Promise.all([calls, host.reload('work')]);
      expect(new Set(hows)).toEqual(new Set(['ok']));
    }
    const last = burst(host, ledger, 50);
    await vi.waitUntil(() => host.stats().running > 0);
    await host.unload('work');
    expect(new Set(await last)).toEqual(new Set(['ok']));
    expect(await ledger.book(call(host))).toBe('E_NOT_FOUND');
  });
});

test('many loads and unloads leave nothing behind', async () => {
  await underLedger(async (host, ledger) => {
    for (let round = 0; round < 100; round++) {
      await loadOperation(host, 'passing', `() => ${round}`);
      expect(await ledger.book(call(host, 'passing'))).toBe('ok');
      await host.unload('passing');
    }
    await ledger.book(call(host));
    await vi.waitUntil(() => host.stats().lanes.every(({ snapshots }) => snapshots <= 2));
    expect(host.stats().extensions).toHaveLength(1);
  });
});

test('sinks that throw harm no call', async () => {
  const fail = (): void => {
    throw new Error('the sink is full');
  };
  const onLog = vi.fn<() => void>(fail);
  const onAudit = vi.fn<() => void>(fail);
  await underLedger(
    async (host, ledger) => {
      await loadOperation(host, 'chatty', `({ id }) => { log('at ' + id); return id; }`);
      expect(new Set(await burst(host, ledger, 100, 'chatty'))).toEqual(new Set(['ok']));
      expect(onLog).toHaveBeenCalledTimes(100);
      expect(onAudit).toHaveBeenCalledTimes(100);
    },
    { options: { onLog, onAudit } },
  );
});

test('one tenant with a hundred times its share does not delay another one', async () => {
  await underLedger(async (host, ledger) => {
    await loadOperation(host, 'greedy', '() => { let n = 0; while (n < 20_000) n++; return n; }');
    await loadOperation(host, 'modest', '() => 1');
    let greedyLeft = 2_000;
    const greedy = Array.from({ length: greedyLeft }, () => ledger.book(call(host, 'greedy')).then(() => greedyLeft--));
    await vi.waitUntil(() => host.stats().running > 0);
    expect(new Set(await burst(host, ledger, 20, 'modest'))).toEqual(new Set(['ok']));
    expect(greedyLeft).toBeGreaterThan(1_000);
    await Promise.all(greedy);
  });
}, 30_000);
