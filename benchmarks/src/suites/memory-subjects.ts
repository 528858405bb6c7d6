import { createHost, type Host } from '@sandglass/host';

import type { Subject } from '../run/subject.js';
import { EMPTY, operationId, toOperation } from './host-extension.js';

/** Enough at once to keep a worker busy, few enough to wait for nobody. */
const LOADED_AT_ONCE = 16;

/** Resident memory that extensions add to a process, all of them loaded and called once in one worker. Needs `--expose-gc`. */
export async function openExtensions({
  extensions,
  per,
}: {
  extensions: number;
  per: 'one' | 'all';
}): Promise<Subject> {
  const host = await createHost({ pool: { minThreads: 1, maxThreads: 1 } });
  await loadAndCall(host, 0); // what every host pays once
  const beforeBytes = residentBytes();
  for (let number = 1; number <= extensions; number += LOADED_AT_ONCE) {
    const count = Math.min(LOADED_AT_ONCE, extensions - number + 1);
    await Promise.all(Array.from({ length: count }, (_, index) => loadAndCall(host, number + index)));
  }
  return {
    sample: () => (residentBytes() - beforeBytes) / (per === 'one' ? extensions : 1),
    close: () => host.close(),
  };
}

/** Resident memory of the process after extensions have come and gone. Needs `--expose-gc`. */
export async function openTurnover({ loads }: { loads: number }): Promise<Subject> {
  const host = await createHost({ pool: { minThreads: 1, maxThreads: 1 } });
  for (let number = 0; number < loads; number += LOADED_AT_ONCE) {
    const names = Array.from({ length: Math.min(LOADED_AT_ONCE, loads - number) }, (_, index) => number + index);
    await Promise.all(names.map((name) => loadAndCall(host, name)));
    await Promise.all(names.map((name) => host.unload(operationId(name))));
  }
  return { sample: residentBytes, close: () => host.close() };
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
