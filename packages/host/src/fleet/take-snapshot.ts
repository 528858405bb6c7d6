import { isSandglassError } from '@sandglass/core';

import { buildHost } from '../host.js';
import { createPool } from '../pool/create-pool.js';
import { snapshotIdentity, writeSnapshotFile } from '../snapshots/snapshot-file.js';
import type { SnapshotStore } from '../snapshots/snapshot-store.js';
import type { FleetPush } from './contract.js';

/** A snapshot on its way to other hosts. */
export interface TakenSnapshot {
  /** What it is of: see `snapshotIdentity`. */
  identity: string;
  file: Uint8Array;
}

/**
 * Evaluates an extension as hosts with default options and the same limits do, for its snapshot.
 *
 * @returns undefined for one that does not load here, or that wants something of the host while it
 *   does: its snapshot would have the publisher's answers.
 */
export async function takeSnapshot({ source, limits }: FleetPush): Promise<TakenSnapshot | undefined> {
  let taken: TakenSnapshot | undefined;
  let hasAsked = false;
  const snapshots: SnapshotStore = {
    read: () => Promise.resolve(undefined),
    async write(extension, snapshot) {
      taken = { identity: await snapshotIdentity(extension), file: writeSnapshotFile(snapshot) };
    },
  };
  const options = { pool: 'inline', grant: () => ({}), onAudit: () => void (hasAsked = true) } as const;
  await using host = await buildHost(options, { createPool, snapshots });
  try {
    await host.load(source, { limits });
  } catch (error) {
    if (!isSandglassError(error)) throw error;
  }
  return hasAsked ? undefined : taken;
}
