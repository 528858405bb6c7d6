import type { EngineModule, ExtensionWire } from '@sandglass/core';

import { PRELUDE } from './prelude.js';
import { toHex } from './quickjs/engine-module.js';
import type { Layout } from './quickjs/layout.js';

/** Goes up when the boot sequence changes in a way that the prelude's text does not show. */
const BOOT_VERSION = 1;

/** SHA-256, hex, of all that the bytes of a snapshot depend on. */
export async function snapshotKey(
  engine: EngineModule,
  { staticHash }: Layout,
  extension: ExtensionWire,
): Promise<string> {
  const { type, filename, source, nodeEnv, limits } = extension;
  const capabilities = extension.capabilities.map(({ name, module }) => [name, module]);
  const parts = [
    BOOT_VERSION,
    engine.hash,
    staticHash,
    PRELUDE,
    type,
    filename,
    source,
    nodeEnv,
    limits.memoryLimitBytes,
    limits.stackBytes,
    capabilities,
  ];
  return toHex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(parts))));
}
