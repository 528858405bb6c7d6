import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExtensionWire, SnapshotWire } from '@sandglass/core';

/** A file is the SHA-256 of the rest, the snapshot's key, and its bytes. */
const DIGEST_BYTES = 32;
const KEY_BYTES = 32;

/** Why a file was not used. */
export type SnapshotProblem = 'damaged' | 'unreadable' | 'unwritable';

export interface SnapshotStore {
  /** The snapshot that an earlier process left for this extension; undefined if there is none or its file is damaged. Never rejects. */
  read(extension: ExtensionWire): Promise<SnapshotWire | undefined>;
  /** Leaves a snapshot for later processes. Never rejects: without it, the next start is only slower. */
  write(extension: ExtensionWire, snapshot: SnapshotWire): Promise<void>;
}

/**
 * Snapshots on disk, one file for each extension and limits. Whether a file fits the engine at hand is for the engine to say:
 * the snapshot's own key covers the WASM binary, the boot code, the source and the limits.
 *
 * @param folder made if missing. Whoever can write to it decides what extensions do: keep it as safe as their sources.
 * @param onProblem told of each file that could not be used.
 */
export function createSnapshotStore(
  folder: string,
  onProblem: (problem: SnapshotProblem, file: string, cause?: unknown) => void,
): SnapshotStore {
  return {
    async read(extension) {
      const file = join(folder, fileName(extension));
      const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') onProblem('unreadable', file, error);
      });
      if (!content) return undefined;
      const snapshot = parse(content);
      if (!snapshot) onProblem('damaged', file);
      return snapshot;
    },
    async write(extension, snapshot) {
      const file = join(folder, fileName(extension));
      const draft = `${file}.${randomUUID()}`;
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(draft, serialize(snapshot));
        await rename(draft, file); // readers see the old file or the new one, never half of one
      } catch (error) {
        await rm(draft, { force: true }).catch(() => {});
        onProblem('unwritable', file, error);
      }
    },
  };
}

/** By what the extension is, not by what it may do: the grant is not part of a snapshot. */
function fileName({ name, type, filename, source, limits, nodeEnv, capabilities }: ExtensionWire): string {
  const functions = capabilities.map((capability) => [capability.module, capability.name]);
  const identity = JSON.stringify([name, type, filename, source, limits, nodeEnv, functions]);
  return `${createHash('sha256').update(identity).digest('hex')}.snapshot`;
}

function serialize({ key, bytes }: SnapshotWire): Buffer {
  const body = Buffer.concat([Buffer.from(key, 'hex'), new Uint8Array(bytes)]);
  return Buffer.concat([createHash('sha256').update(body).digest(), body]);
}

function parse(content: Buffer): SnapshotWire | undefined {
  const body = content.subarray(DIGEST_BYTES);
  if (body.length <= KEY_BYTES) return undefined;
  if (!createHash('sha256').update(body).digest().equals(content.subarray(0, DIGEST_BYTES))) return undefined;
  const bytes = new SharedArrayBuffer(body.length - KEY_BYTES);
  new Uint8Array(bytes).set(body.subarray(KEY_BYTES));
  return { key: body.subarray(0, KEY_BYTES).toString('hex'), bytes };
}
