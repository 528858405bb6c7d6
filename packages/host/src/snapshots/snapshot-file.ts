import type { ExtensionWire, SnapshotWire } from '@sandglass/core';

import { sha256 } from '../sha256.js';

/**
 * A file is the snapshot's key and its bytes, which hold a digest of their own: the engine checks
 * it.
 */
const KEY_BYTES = 32;

/** Most bytes of a snapshot beside the heap: C stack, static data, tables. */
const MAX_MORE_BYTES = 16 * 1024 * 1024;

/** What a snapshot is of, whatever its engine: the grant is not part of it. SHA-256, hex. */
export function snapshotIdentity(extension: ExtensionWire): Promise<string> {
  const { name, type, filename, source, limits, nodeEnv, capabilities } = extension;
  const functions = capabilities.map((capability) => [capability.module, capability.name]);
  return sha256(JSON.stringify([name, type, filename, source, limits, nodeEnv, functions]));
}

/** The most bytes that the file of an extension's snapshot has. */
export function maxSnapshotFileBytes({ limits }: ExtensionWire): number {
  return limits.memoryLimitBytes + MAX_MORE_BYTES;
}

export function writeSnapshotFile({ key, bytes }: SnapshotWire): Buffer {
  return Buffer.concat([Buffer.from(key, 'hex'), new Uint8Array(bytes)]);
}

/** Of a file that was cut to nothing, an empty snapshot, which is a damaged one. */
export function readSnapshotFile(file: Uint8Array): SnapshotWire {
  const body = file.subarray(KEY_BYTES);
  const bytes = new SharedArrayBuffer(body.length);
  new Uint8Array(bytes).set(body);
  return { key: Buffer.from(file.subarray(0, KEY_BYTES)).toString('hex'), bytes };
}
