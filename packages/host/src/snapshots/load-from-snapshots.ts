import type { Pool } from '../pool/pool.js';
import type { SnapshotStore } from './snapshot-store.js';

/**
 * Puts a store before a pool's `load`: an extension that an earlier process has left a snapshot of is not evaluated, and one that
 * was evaluated leaves a snapshot.
 *
 * @param onForeign told of a snapshot that is sound but belongs to another engine or boot code.
 */
export function loadFromSnapshots(
  pool: Pick<Pool, 'load' | 'unload'>,
  store: SnapshotStore,
  onForeign: (extension: string) => void,
): Pick<Pool, 'load' | 'unload'> {
  return {
    async load(extension) {
      const known = await store.read(extension);
      const loaded = await pool.load(extension, known);
      if (loaded.snapshot.key === known?.key) return loaded;
      if (known) onForeign(extension.name);
      await store.write(extension, loaded.snapshot);
      return loaded;
    },
    unload: (extensionId) => pool.unload(extensionId),
  };
}
