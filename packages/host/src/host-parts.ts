import type { createCapabilities } from './capabilities/registry.js';
import type { CreatePoolOptions, Pool } from './pool/contract.js';

/** Parts of a host that tests replace. */
export interface HostParts {
  createPool: (options: CreatePoolOptions) => Promise<Pool>;
  /** @default the built-in ones */
  createCapabilities?: typeof createCapabilities;
}
