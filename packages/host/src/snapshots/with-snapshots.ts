import type { Pool } from '../pool/contract.js';
import type { ReportError } from '../routing/report-error.js';
import { loadFromSnapshots } from './load-from-snapshots.js';
import { createSnapshotStore } from './snapshot-store.js';

/**
 * Loads from the snapshots of a folder, if there is one. Reports every snapshot that could not be
 * used; the extension is evaluated then.
 */
export function withSnapshots(
  pool: Pool,
  folder: string | undefined,
  report: ReportError,
): Pick<Pool, 'load' | 'unload'> {
  if (folder === undefined) return pool;
  const store = createSnapshotStore(folder, (problem, file, cause) =>
    report(new Error(`Snapshot is ${problem}, and ignored: ${file}`, { cause }), {}),
  );
  return loadFromSnapshots(pool, store, (why, extension) => {
    report(new Error(`Snapshot is ${why === 'foreign' ? 'of another engine' : why}, and is replaced`), { extension });
  });
}
