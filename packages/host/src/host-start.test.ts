import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { buildHost } from './host.js';
import type { HostParts } from './host-parts.js';
import { createPool } from './pool/create-pool.js';
import type { HostOptions } from './types.js';

const EXTENSIONS = fileURLToPath(new URL('../../../examples/extensions', import.meta.url));

/**
 * A pool whose engines cannot be instantiated: what compiles to nothing here may be a broken
 * installation elsewhere.
 */
const broken: HostParts = {
  createPool: (options) => createPool({ ...options, wasm: { wasm: {}, hash: '' } }),
};

const POOLS: [string, NonNullable<HostOptions['pool']>][] = [
  ['threads', { maxThreads: 2 }],
  ['threads that are kept', { minThreads: 2, maxThreads: 2 }],
  ['this thread', 'inline'],
];

describe('starting a host', () => {
  test.each(POOLS)('a host with a folder rejects if no engine starts (%s)', async (_name, pool) => {
    const errors: Error[] = [];
    const options: HostOptions = { extensions: EXTENSIONS, pool, onError: (error) => errors.push(error) };
    await expect(buildHost(options, broken)).rejects.toMatchObject({
      code: 'E_WORKER_LOST',
      message: expect.stringMatching(/^Cannot start: 6 workers in a row failed, the last one with: ./),
    });
    expect(errors.map(({ message }) => message)).toEqual(
      Array(3).fill(expect.stringContaining('workers in a row failed')),
    );
  });

  test.each(POOLS)('without a folder the first load tells (%s)', async (_name, pool) => {
    await using host = await buildHost({ pool }, broken);
    await expect(host.load(`${EXTENSIONS}/hello-endpoint`)).rejects.toMatchObject({ code: 'E_WORKER_LOST' });
  });
});
