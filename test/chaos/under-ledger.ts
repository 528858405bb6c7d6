import { expect } from 'vitest';

import type { Host } from '../../packages/host/src/host.js';
import type { HostOptions } from '../../packages/host/src/types.js';
import { Ledger } from './ledger.js';
import { effectful, loadOperation, openHost, type Sabotage } from './open-host.js';

/** What a row of the corpus needs beside a host and a ledger. */
export interface RowOptions {
  options?: HostOptions;
  sabotage?: Sabotage;
}

/**
 * Runs a row with a host, an effectful operation `work`, and a ledger, which has to be sound in the
 * end.
 */
export async function underLedger(
  run: (host: Host, ledger: Ledger) => Promise<void>,
  { options = {}, sabotage }: RowOptions = {},
): Promise<void> {
  await using ledger = await Ledger.open();
  const host = await openHost(options, sabotage);
  try {
    await loadOperation(host, 'work', effectful(ledger.port));
    await run(host, ledger);
    const { accepted, settled, queued, running } = host.stats();
    const settlements = Object.values(settled).reduce((sum, count) => sum + count, 0);
    // nothing counted twice, nothing forgotten
    expect(settlements + queued + running).toBe(accepted);
  } finally {
    await host.close(0);
  }
  expect(ledger.problems).toEqual([]);
}

/** One call of an operation, for the ledger to book. */
export const call =
  (host: Host, id = 'work') =>
  (each: number): Promise<unknown> =>
    host.operation(id, { id: each });

/** Makes calls all at once. */
export async function burst(host: Host, ledger: Ledger, count: number, id?: string): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => ledger.book(call(host, id))));
}

export const unfinished = ({ queued, running }: { queued: number; running: number }): number => queued + running;

/**
 * Looks in every turn of the event loop, so that no short moment is missed. @throws after a time
 * that only a fault needs
 */
export async function until(isSo: () => boolean, timeoutMs = 20_000): Promise<void> {
  const giveUpMs = performance.now() + timeoutMs;
  while (!isSo()) {
    if (performance.now() > giveUpMs) throw new Error(`Waited ${timeoutMs} ms in vain for ${isSo}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
