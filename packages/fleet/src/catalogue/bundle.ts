import { createHash } from 'node:crypto';

import { SandglassError } from '@sandglass/core';
import { type ExtensionSource, MAX_SOURCE_LENGTH } from '@sandglass/host/fleet';

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

/**
 * Reads a bundle after a check of its hash: writers of the object store are not trusted.
 *
 * @param hash that the catalogue gives.
 * @throws {SandglassError} `E_LOAD` if the bundle has another one.
 */
export function unpackBundle(bytes: Uint8Array, hash: string): ExtensionSource {
  const found = sha256(bytes);
  if (found !== hash)
    throw new SandglassError('E_LOAD', `The bundle was changed: its SHA-256 is ${found}, the catalogue says ${hash}`);
  const text = Buffer.from(bytes).toString();
  const { manifest, source, sourceMap } = JSON.parse(text) as ExtensionSource; // as it was packed
  return { manifest, source, ...(sourceMap === undefined ? {} : { sourceMap }) };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
