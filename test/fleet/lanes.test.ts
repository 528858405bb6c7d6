import type { Worker } from 'node:worker_threads';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { hasNatsServer } from '../../packages/fleet/src/testing/nats-server.js';
import type { Runner } from '../../packages/host/src/fleet/runner.js';
import type { Host } from '../../packages/host/src/host.js';
import { Ledger } from '../chaos/ledger.js';
import { effectful, loadOperation, LOOKUP } from '../chaos/open-host.js';
import { openFleet, type TestFleet } from './open-fleet.js';

const coded = (code: string, message?: string): unknown =>
  expect.objectContaining({ code, ...(message !== undefined && { message: expect.stringContaining(message) }) });

type Settled = Promise<PromiseSettledResult<unknown>[]>;

/** Resolves once something holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.skipIf(!hasNatsServer())('calls of an owner without threads', () => {
  let fleet: TestFleet;
  let ledger: Ledger;
  beforeEach(async () => {
    fleet = await openFleet();
    ledger = await Ledger.open();
  });
  afterEach(async () => {
    await fleet[Symbol.asyncDispose]();
    await ledger[Symbol.asyncDispose]();
  });

  const openOwner = (): Promise<Host> =>
    fleet.openHost({ request: { lookup: LOOKUP, allowAddresses: ['127.0.0.1'] }, onError: () => {} });

  const many = (count: number, make: (i: number) => Promise<unknown>): Settled =>
    Promise.allSettled(Array.from({ length: count }, (_, i) => make(i + 1)));

  /** Calls under way: some without an effect, and some whose effect has begun. */
  async function begin(quietCount: number, heldCount: number): Promise<Record<'quiet' | 'held', Settled>> {
    const host = await openOwner();
    await loadOperation(host, 'quiet', 'async () => { await sleep(300); return 1; }');
    await loadOperation(host, 'held', effectful(ledger.port, '/held'));
    const quiet = many(quietCount, () => host.operation('quiet'));
    const held = many(heldCount, (id) => host.operation('held', { id }));
    await until(() => ledger.arrived === heldCount);
    return { quiet, held };
  }

  /** A runner that has ten calls of the operation `slow`. */
  async function occupy(handler: string): Promise<{ runner: Runner; host: Host; calls: Settled }> {
    const runner = await fleet.startRunner('one');
    const host = await openOwner();
    await loadOperation(host, 'slow', handler);
    const calls = many(10, () => host.operation('slow'));
    await until(() => runner.running === 10);
    return { runner, host, calls };
  }

  test('run on a runner, whose capability calls come back to the owner', async () => {
    await fleet.startRunner('one');
    const host = await openOwner();
    await loadOperation(host, 'work', effectful(ledger.port));
    const results = await many(100, (id) => host.operation('work', { id }));
    expect(results.map((result) => result.status === 'fulfilled' && result.value)).toEqual(
      Array.from({ length: 100 }, () => 'done'),
    );
    expect(ledger.arrived).toBe(100);
    expect(host.stats().lanes.map(({ runner }) => runner)).toEqual(['one']);
  });

  test('use a second runner for what the first one has no room for', async () => {
    const runners = [await fleet.startRunner('one', 1), await fleet.startRunner('two', 1)];
    const host = await openOwner();
    await loadOperation(host, 'spin', '() => { for (let i = 0; i < 2e5; i++); return 1; }');
    const ran = (): number[] => host.stats().lanes.map(({ outcomes }) => outcomes);
    while (ran().length < 2 || ran().includes(0)) await many(40, () => host.operation('spin'));
    expect(runners.map(({ owners }) => owners)).toEqual([1, 1]);
  });

  test('run again on another runner if theirs dies, unless an effect has begun', async () => {
    const first = await fleet.connectRunner('first');
    const { quiet, held } = await begin(20, 5);
    await fleet.startRunner('second');
    await first.die();
    expect((await quiet).every(({ status }) => status === 'fulfilled')).toBe(true);
    for (const result of await held)
      expect(result).toEqual({
        status: 'rejected',
        reason: coded('E_WORKER_LOST', 'another run would repeat its effects'),
      });
    expect(ledger.arrived).toBe(5);
  });

  test('are over at the runner when the owner has gone', async () => {
    const { runner, host, calls } = await occupy('() => sleep(20_000)');
    await host.close(0);
    expect((await calls).every(({ status }) => status === 'rejected')).toBe(true);
    await until(() => runner.owners === 0 && runner.running === 0);
  });

  test('that are aborted, or too late, end there too', async () => {
    const runner = await fleet.startRunner('one');
    const host = await openOwner();
    await loadOperation(host, 'long', '() => sleep(20_000)');
    const giveUp = new AbortController();
    const aborted = host.operation('long', {}, { signal: giveUp.signal });
    const late = host.operation('long', {}, { wallTimeMs: 200 });
    await until(() => runner.running === 2);
    giveUp.abort();
    await expect(aborted).rejects.toThrow(coded('E_ABORTED') as Error);
    await expect(late).rejects.toThrow(coded('E_WALL', 'wallTimeMs is 200') as Error);
    await until(() => runner.running === 0);
  });

  test('go on when the server has been away', async () => {
    await fleet.startRunner('one');
    const host = await openOwner();
    await loadOperation(host, 'quick', '() => 1');
    expect(await host.operation('quick')).toBe(1);
    await fleet.server.kill();
    const queued = many(20, () => host.operation('quick'));
    await fleet.server.start();
    expect((await queued).every(({ status }) => status === 'fulfilled')).toBe(true);
  });

  test('survive a thread of the runner, unless an effect has begun', async () => {
    const workers: Worker[] = [];
    const listen = (worker: Worker): void => void workers.push(worker);
    process.on('worker', listen);
    await fleet.startRunner('one', 1);
    const { quiet, held } = await begin(5, 1);
    process.off('worker', listen);
    await Promise.all(workers.map((worker) => worker.terminate()));
    expect((await quiet).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await held).toEqual([{ status: 'rejected', reason: coded('E_WORKER_LOST') }]);
    expect(ledger.arrived).toBe(1);
  });

  test('leave a runner that drains, which ends when the last one is over', async () => {
    const { runner: first, host, calls } = await occupy('async () => { await sleep(300); return 1; }');
    const second = await fleet.startRunner('second');
    const closing = first.close(10_000);
    while (second.owners === 0) expect(await host.operation('slow')).toBe(1); // not told yet
    await closing;
    expect((await calls).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(host.stats().reruns).toBe(0);
  });

  test('go to no runner with another engine', async () => {
    const stranger = await fleet.connectStranger('stranger', 'ffffffff00');
    await fleet.startRunner('one');
    const host = await openOwner();
    await loadOperation(host, 'quick', '() => 1');
    expect((await many(100, () => host.operation('quick'))).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(host.stats().lanes.map(({ runner }) => runner)).toEqual(['one']);
    expect(stranger.owners).toBe(0);
  });

  test('say that there is no runner, and which engine it would need', async () => {
    await fleet.connectStranger('stranger', 'ffffffff00');
    const host = await openOwner();
    await expect(loadOperation(host, 'quick', '() => 1')).rejects.toThrow(
      coded('E_WORKER_LOST', 'is on the fleet, and 1 with another one: ffffffff') as Error,
    );
  }, 20_000);
});

describe.skipIf(!hasNatsServer())('an owner with threads', () => {
  test('runs calls on them first, and sends on what they have no room for', async () => {
    await using fleet = await openFleet();
    const runner = await fleet.startRunner('one', 1);
    const host = await fleet.openHost({}, 1);
    await loadOperation(host, 'spin', '() => { for (let i = 0; i < 2e5; i++); return 1; }');
    const spin = (count: number): Promise<unknown[]> =>
      Promise.all(Array.from({ length: count }, () => host.operation('spin')));
    const outcomesOf = (name: string | undefined): number =>
      host.stats().lanes.reduce((sum, { runner, outcomes }) => sum + (runner === name ? outcomes : 0), 0);
    for (let i = 0; i < 20; i++) await spin(1);
    expect([runner.owners, outcomesOf(undefined)]).toEqual([0, 21]); // with the load
    while (outcomesOf('one') === 0) await spin(40); // the runner is heard of, its lane comes up
    expect(outcomesOf(undefined)).toBeGreaterThan(21);
  });
});
