import { availableParallelism } from 'node:os';

import type { EngineModule } from '@sandglass/core';

import type { PoolOptions } from '../../types.js';
import type { StartLane } from './lane-link.js';

/** What a pool needs to know of its links: how many, and how to start one. */
export interface Links extends PoolOptions {
  startLane: StartLane;
  /** Call it once all lanes have ended. */
  onClose?: () => Promise<void>;
}

/**
 * Chooses the kind of link: nobody else knows it.
 *
 * @param compiling goes on while the modules load, of which each kind has its own.
 */
export async function openLinks(
  pool: PoolOptions | 'inline',
  compiling: EngineModule | Promise<EngineModule>,
): Promise<Links> {
  if (pool === 'inline') {
    const [{ inlineLane }, wasm] = await Promise.all([import('./inline-link.js'), compiling]);
    return { minThreads: 1, maxThreads: 1, startLane: inlineLane({ wasm }) };
  }
  const [{ createWorkerLanes }, wasm] = await Promise.all([import('./thread-pool.js'), compiling]);
  const lanes = createWorkerLanes({
    filename: import.meta.resolve('@sandglass/worker/thread'),
    wasm,
    maxLanes: pool.maxThreads ?? availableParallelism(),
  });
  return { ...pool, startLane: lanes.start, onClose: lanes.close };
}
