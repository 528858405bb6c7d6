import { SandglassError } from '@sandglass/core';
import { type ExtensionSource, MAX_SOURCE_LENGTH } from '@sandglass/host/fleet';

import { sha256 } from './blobs.js';

/** Room for a source of four bytes a character, and twice as much for its map and manifest. */
export const MAX_BUNDLE_BYTES: number = 12 * MAX_SOURCE_LENGTH;

/** What the object store holds of one version, and the name that it has there. */
export interface Bundle {
  /** SHA-256 of `bytes`, hex. */
  hash: string;
  bytes: Uint8Array;
}

/** @throws {SandglassError} `E_LOAD` for more than {@link MAX_BUNDLE_BYTES}. */
export function packBundle({ manifest, source, sourceMap }: ExtensionSource): Bundle {
  const bytes = Buffer.from(JSON.stringify({ manifest, source, sourceMap }));
  if (bytes.length > MAX_BUNDLE_BYTES)
    throw new SandglassError('E_LOAD', `The bundle has ${bytes.length} bytes, at most ${MAX_BUNDLE_BYTES} are taken`);
  return { hash: sha256(bytes), bytes };
}

/** Reads what {@link packBundle} has packed. */
export function unpackBundle(bytes: Uint8Array): ExtensionSource {
  const text = Buffer.from(bytes).toString();
  const { manifest, source, sourceMap } = JSON.parse(text) as ExtensionSource; // as it was packed
  return { manifest, source, ...(sourceMap === undefined ? {} : { sourceMap }) };
}
