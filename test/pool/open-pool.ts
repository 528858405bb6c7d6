import { DEFAULT_LIMITS, encodeValue, decodeValue, type ExtensionWire, type Limits } from '@sandglass/core';

import type { CreatePoolOptions, Pool } from '../../packages/host/src/pool/contract.js';
import { createPool } from '../../packages/host/src/pool/create-pool.js';
import { CAPABILITIES } from '../engine/open-engine.js';

/** Where a test's calls run. */
export type Mode = 'inline' | 'threads';

/** A pool with the real engine. Its capabilities answer at once, unless told otherwise. */
export function openPool(mode: Mode, options: Partial<CreatePoolOptions> = {}): Promise<Pool> {
  return createPool({
    pool: mode === 'inline' ? 'inline' : { maxThreads: 2 },
    onCapability: ({ name }) => Promise.resolve(name === 'request' ? { status: 200, data: 'allowed' } : undefined),
    isEffect: (name) => name === 'request',
    ...options,
  });
}

let lastId = 0;

/** The wire form of an operation's source. */
export function describeSource(
  source: string,
  limits: Partial<Limits> = {},
  isolation: ExtensionWire['isolation'] = 'pristine',
): ExtensionWire {
  lastId += 1;
  return {
    id: lastId,
    name: `extension-${lastId}`,
    type: 'operation',
    filename: 'index.js',
    source,
    isolation,
    limits: { ...DEFAULT_LIMITS, ...limits },
    capabilities: CAPABILITIES,
    nodeEnv: 'production',
  };
}

/** The source of an operation with this handler. */
export function operation(handler: string, before = ''): string {
  return `import { log, sleep, request } from 'directus:api';\n${before}\nexport default { id: 'test', handler: ${handler} };`;
}

/** Runs the first handler of an extension. */
export async function run(pool: Pool, extension: ExtensionWire, argument?: unknown): Promise<unknown> {
  return decodeValue(await pool.call({ extension, handler: 0, argument: encodeValue(argument) }));
}
