import type { LoadedWire } from '@sandglass/core';

import type { Pool } from '../pool/contract.js';
import type { SnapshotStore } from './snapshot-store.js';

/**
 * Puts a store before a pool's `load`: an extension that an earlier process has left a snapshot of
 * is not evaluated, and one that was evaluated leaves a snapshot.
 *
 * @param onUnfit told of a snapshot that could not be used, and why; the extension is evaluated
 *   then.
 */
export function loadFromSnapshots(
  pool: Pick<Pool, 'load' | 'unload'>,
  store: SnapshotStore,
  onUnfit: (why: Exclude<LoadedWire['offered'], 'used' | undefined>, extension: string) => void,
): Pick<Pool, 'load' | 'unload'> {
  return {
    async load(extension) {
      const known = await store.read(extension);
      const loaded = await pool.load(extension, known);
      const { offered } = loaded;
      if (offered === 'used') return loaded;
      if (offered) onUnfit(offered, extension.name);
      await store.write(extension, loaded.snapshot);
      return loaded;
    },
    unload: (extensionId) => pool.unload(extensionId),
  };
}
