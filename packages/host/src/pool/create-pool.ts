import { compileEngine } from '@sandglass/worker/compile';

import type { CreatePoolOptions, Pool, RelayPool, RelayPoolOptions } from './contract.js';
import { openLinks } from './links/open-links.js';
import { LanePool } from './pool.js';

/**
 * Makes a pool. Its threads start with the first load or call, but for those of `minThreads` and
 * `startsAtOnce`.
 */
export async function createPool(options: CreatePoolOptions): Promise<Pool> {
  const { wasm, pool = {}, openRemote, ...rest } = options;
  const links = await openLinks(pool, wasm ?? compileEngine(), openRemote);
  return new LanePool({ ...rest, ...links });
}

/** Makes the pool of a runner, which serves no capability by itself. */
export async function createRelayPool({ pool = {}, ...rest }: RelayPoolOptions): Promise<RelayPool> {
  const [{ engineDigest }, wasm] = await Promise.all([import('@sandglass/worker'), compileEngine()]);
  const links = await openLinks(pool, wasm);
  const lanes = new LanePool({ ...rest, ...links, onCapability: nobody, isEffect: () => false });
  return Object.assign(lanes, { engine: await engineDigest(wasm) });
}

function nobody(): never {
  throw new Error('A runner serves no capability');
}
