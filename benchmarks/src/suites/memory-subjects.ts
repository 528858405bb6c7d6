import { createHost, type Host } from '@sandglass/host';

import type { Subject } from '../run/subject.js';
import { EMPTY, operationId, toOperation } from './host-extension.js';

/** Enough at once to keep a worker busy, few enough to wait for nobody. */
const LOADED_AT_ONCE = 16;

/**
 * Resident memory that each extension adds to a process, all of them loaded and called once in one
 * worker. Needs `--expose-gc`.
 */
export async function openExtensions({ extensions }: { extensions: number }): Promise<Subject> {
  const host = await openHost();
  await loadAndCall(host, 0); // what every host pays once
  const beforeBytes = residentBytes();
  for (const numbers of inGroups(1, extensions)) await Promise.all(numbers.map((number) => loadAndCall(host, number)));
  return { sample: () => (residentBytes() - beforeBytes) / extensions, close: () => host.close() };
}

/**
 * Resident memory of the process after each so many extensions that have come and gone. Needs
 * `--expose-gc`.
 */
export async function openTurnover({ loads }: { loads: number }): Promise<Subject> {
  const host = await openHost();
  let first = 0;
  return {
    async sample() {
      for (const numbers of inGroups(first, loads)) {
        await Promise.all(numbers.map((number) => loadAndCall(host, number)));
        await Promise.all(numbers.map((number) => host.unload(operationId(number))));
      }
      first += loads;
      return residentBytes();
    },
    close: () => host.close(),
  };
}

function openHost(): Promise<Host> {
  return createHost({ pool: { minThreads: 1, maxThreads: 1 } });
}

/** Numbers from `first` on, in groups that are loaded at once. */
function* inGroups(first: number, count: number): Generator<number[]> {
  const end = first + count;
  for (let from = first; from < end; from += LOADED_AT_ONCE) {
    yield Array.from({ length: Math.min(LOADED_AT_ONCE, end - from) }, (_, index) => from + index);
  }
}

async function loadAndCall(host: Host, number: number): Promise<void> {
  // No two have the same source, and so the same snapshot.
  await host.load(toOperation(`${EMPTY} // ${number}`, number));
  await host.operation(operationId(number));
}

function residentBytes(): number {
  if (!globalThis.gc) throw new Error('--expose-gc is missing');
  globalThis.gc();
  return process.memoryUsage.rss();
}
