import type { createCapabilities } from './capabilities/registry.js';
import type { CreatePoolOptions, Pool } from './pool/contract.js';
import type { SnapshotStore } from './snapshots/snapshot-store.js';

/** Parts of a host that can be replaced. */
export interface HostParts {
  createPool: (options: CreatePoolOptions) => Promise<Pool>;
  /** @default the built-in ones */
  createCapabilities?: typeof createCapabilities;
  /** @default the folder of the options, or that of the fleet */
  snapshots?: SnapshotStore;
}
