import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExtensionWire, SnapshotWire } from '@sandglass/core';

import { sha256 } from '../sha256.js';

/**
 * A file is the snapshot's key and its bytes, which hold a digest of their own: the engine checks
 * it.
 */
const KEY_BYTES = 32;

/** Most bytes of a snapshot beside the heap: C stack, static data, tables. */
const MAX_MORE_BYTES = 16 * 1024 * 1024;

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
      const content = await readAtMost(file, extension.limits.memoryLimitBytes + MAX_MORE_BYTES).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') onProblem('unreadable', file, error);
        },
      );
      return content ? parse(content) : undefined;
    },
    async write(extension, snapshot) {
      const file = join(folder, await fileName(extension));
      const draft = `${file}.${crypto.randomUUID()}`;
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

/** @throws {RangeError} for a larger file. */
async function readAtMost(file: string, maxBytes: number): Promise<Buffer> {
  const { size } = await stat(file);
  if (size > maxBytes) throw new RangeError(`It has ${size} bytes, a snapshot at most ${maxBytes}`);
  return readFile(file);
}

/** By what the extension is, not by what it may do: the grant is not part of a snapshot. */
async function fileName(extension: ExtensionWire): Promise<string> {
  const { name, type, filename, source, limits, nodeEnv, capabilities } = extension;
  const functions = capabilities.map((capability) => [capability.module, capability.name]);
  const identity = JSON.stringify([name, type, filename, source, limits, nodeEnv, functions]);
  return `${await sha256(identity)}.snapshot`;
}

function serialize({ key, bytes }: SnapshotWire): Buffer {
  return Buffer.concat([Buffer.from(key, 'hex'), new Uint8Array(bytes)]);
}

/** A file that was cut to nothing makes an empty snapshot, which is a damaged one. */
function parse(content: Buffer): SnapshotWire {
  const body = content.subarray(KEY_BYTES);
  const bytes = new SharedArrayBuffer(body.length);
  new Uint8Array(bytes).set(body);
  return { key: content.toString('hex', 0, KEY_BYTES), bytes };
}
