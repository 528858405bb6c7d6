import { compileEngine } from '@sandglass/worker/compile';

import type { CreatePoolOptions, Pool } from './contract.js';
import { openLinks } from './links/open-links.js';
import { LanePool } from './pool.js';

/** Makes a pool. Its threads start with the first load or call, but for `minThreads`. */
export async function createPool(options: CreatePoolOptions): Promise<Pool> {
  const { wasm, pool = {}, ...rest } = options;
  const links = await openLinks(pool, wasm ?? compileEngine());
  return new LanePool({ ...rest, ...links });
}
