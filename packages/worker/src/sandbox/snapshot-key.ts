import type { EngineModule, ExtensionWire } from '@sandglass/core';

import { PRELUDE } from './prelude/prelude.js';
import { toHex } from '../quickjs/engine-module.js';
import type { Layout } from '../quickjs/memory/layout.js';

/** Goes up when the boot sequence changes in a way that the prelude's text does not show. */
const BOOT_VERSION = 4;

/** All that the bytes of a sandbox depend on before it sees its extension, in one engine. */
export function bootKey({ nodeEnv, limits, capabilities }: ExtensionWire): string {
  const names = capabilities.map(({ name, module }) => [name, module]);
  return JSON.stringify([nodeEnv, limits.memoryLimitBytes, limits.stackBytes, names]);
}

/**
 * SHA-256, hex, of all that engines have to share so that a snapshot of one is good in another,
 * whatever the extension.
 */
export async function engineDigest({ hash }: Pick<EngineModule, 'hash'>): Promise<string> {
  const parts = new TextEncoder().encode(JSON.stringify([BOOT_VERSION, hash, PRELUDE]));
  return toHex(await crypto.subtle.digest('SHA-256', parts));
}

/** SHA-256, hex, of all that the bytes of a snapshot depend on. */
export async function snapshotKey(
  engine: EngineModule,
  { staticHash }: Layout,
  extension: ExtensionWire,
): Promise<string> {
  const { type, filename, source } = extension;
  const parts = [BOOT_VERSION, engine.hash, staticHash, PRELUDE, bootKey(extension), type, filename, source];
  return toHex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(parts))));
}
