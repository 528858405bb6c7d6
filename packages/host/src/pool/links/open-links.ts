import { availableParallelism } from 'node:os';

import { MemoryBudget, type EngineModule } from '@sandglass/core';

import type { PoolOptions } from '../pool-options.js';
import { defaultMaxMemoryBytes } from '../memory/default-budget.js';
import type { OpenRemoteLanes, RemoteLanes, StartLane } from './lane-link.js';

/** What a pool needs to know of its links: how many, and how to start one. */
export interface Links extends PoolOptions {
  startLane: StartLane;
  /** Lanes of others. @default none */
  remote?: RemoteLanes | undefined;
  /** What all lanes share. @default without a limit */
  memory?: MemoryBudget;
  /** Call it once all lanes have ended. */
  onClose?: () => Promise<void>;
}

/**
 * Chooses the kind of link: nobody else knows it.
 *
 * @param compiling goes on while the modules load, of which each kind has its own.
 * @param openRemote lanes of others, beside threads.
 * @throws {TypeError} if there would be no lane at all.
 */
export async function openLinks(
  given: PoolOptions | 'inline',
  compiling: EngineModule | Promise<EngineModule>,
  openRemote?: OpenRemoteLanes,
): Promise<Links> {
  const pool: PoolOptions = given === 'inline' ? { inline: true } : given;
  if (pool.inline === true) {
    const [{ inlineLane }, wasm] = await Promise.all([import('./inline-link.js'), compiling]);
    const memory = MemoryBudget.create(1, pool.maxMemoryBytes ?? defaultMaxMemoryBytes());
    return { ...pool, minThreads: 1, maxThreads: 1, startLane: inlineLane({ wasm, memory }), memory };
  }
  if (pool.maxThreads === 0 && !openRemote)
    throw new TypeError('Invalid pool.maxThreads: 0 needs a fleet, whose runners do the work');
  const [{ createWorkerLanes }, wasm] = await Promise.all([import('./thread-pool.js'), compiling]);
  const lanes = createWorkerLanes({
    filename: import.meta.resolve('@sandglass/worker/thread'),
    wasm,
    maxLanes: pool.maxThreads ?? availableParallelism(),
    maxMemoryBytes: pool.maxMemoryBytes ?? defaultMaxMemoryBytes(),
  });
  const remote = openRemote?.(await (await import('@sandglass/worker')).engineDigest(wasm));
  const onClose = async (): Promise<void> => {
    await Promise.all([lanes.close(), remote?.close()]);
  };
  return { ...pool, startLane: lanes.start, memory: lanes.memory, remote, onClose };
}
