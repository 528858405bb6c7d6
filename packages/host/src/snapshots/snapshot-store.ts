import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExtensionWire, SnapshotWire } from '@sandglass/core';

import { maxSnapshotFileBytes, readSnapshotFile, snapshotIdentity, writeSnapshotFile } from './snapshot-file.js';

/** Why a file was not used. */
export type SnapshotProblem = 'unreadable' | 'unwritable';

export interface SnapshotStore {
  /**
   * The snapshot that an earlier process left for this extension; undefined if there is none. Never
   * rejects.
   */
  read(extension: ExtensionWire): Promise<SnapshotWire | undefined>;
  /**
   * Leaves a snapshot for later processes. Never rejects: without it, the next start is only
   * slower.
   */
  write(extension: ExtensionWire, snapshot: SnapshotWire): Promise<void>;
}

/**
 * Snapshots on disk, one file for each extension and limits. Whether a file is sound and fits the
 * engine at hand is for the engine to say: the snapshot's own key covers the WASM binary, the boot
 * code, the source and the limits.
 *
 * @param folder made if missing. Whoever can write to it decides what extensions do: keep it as
 *   safe as their sources.
 * @param onProblem told of each file that could not be used.
 */
export function createSnapshotStore(
  folder: string,
  onProblem: (problem: SnapshotProblem, file: string, cause?: unknown) => void,
): SnapshotStore {
  return {
    async read(extension) {
      const file = join(folder, await fileName(extension));
      const content = await readAtMost(file, maxSnapshotFileBytes(extension)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') onProblem('unreadable', file, error);
      });
      return content ? readSnapshotFile(content) : undefined;
    },
    async write(extension, snapshot) {
      const file = join(folder, await fileName(extension));
      const draft = `${file}.${crypto.randomUUID()}`;
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(draft, writeSnapshotFile(snapshot));
        await rename(draft, file); // readers see the old file or the new one, never half of one
      } catch (error) {
        await rm(draft, { force: true }).catch(() => {});
        onProblem('unwritable', file, error);
      }
    },
  };
}

/** @throws {RangeError} for a larger file. */
async function readAtMost(file: string, maxBytes: number): Promise<Buffer> {
  const { size } = await stat(file);
  if (size > maxBytes) throw new RangeError(`It has ${size} bytes, a snapshot at most ${maxBytes}`);
  return readFile(file);
}

async function fileName(extension: ExtensionWire): Promise<string> {
  return `${await snapshotIdentity(extension)}.snapshot`;
}
