import type { Fleet } from '../fleet/contract.js';
import type { Pool } from '../pool/contract.js';
import type { ReportError } from '../routing/report-error.js';
import { loadFromSnapshots } from './load-from-snapshots.js';
import { maxSnapshotFileBytes, readSnapshotFile, snapshotIdentity } from './snapshot-file.js';
import { createSnapshotStore, type SnapshotStore } from './snapshot-store.js';

/** Where snapshots may come from. */
export interface SnapshotSources {
  given: SnapshotStore | undefined;
  folder: string | undefined;
  fleet: Pick<Fleet, 'findSnapshot'> | undefined;
}

/**
 * Loads from snapshots, if there is a place for them. Reports every snapshot that could not be
 * used; the extension is evaluated then.
 */
export function withSnapshots(
  pool: Pool,
  { given, folder, fleet }: SnapshotSources,
  report: ReportError,
): Pick<Pool, 'load' | 'unload'> {
  const store = given ?? (folder === undefined ? fleet && ofFleet(fleet, report) : ofFolder(folder, report));
  if (!store) return pool;
  return loadFromSnapshots(pool, store, (why, extension) => {
    report(new Error(`Snapshot is ${why === 'foreign' ? 'of another engine' : why}, and is not used`), { extension });
  });
}

function ofFolder(folder: string, report: ReportError): SnapshotStore {
  return createSnapshotStore(folder, (problem, file, cause) =>
    report(new Error(`Snapshot is ${problem}, and ignored: ${file}`, { cause }), {}),
  );
}

/** Those that were taken when extensions were pushed. */
function ofFleet(fleet: Pick<Fleet, 'findSnapshot'>, report: ReportError): SnapshotStore {
  return {
    async read(extension) {
      try {
        const file = await fleet.findSnapshot(await snapshotIdentity(extension), maxSnapshotFileBytes(extension));
        return file && readSnapshotFile(file);
      } catch (error) {
        return void report(error, { extension: extension.name });
      }
    },
    write: () => Promise.resolve(),
  };
}
