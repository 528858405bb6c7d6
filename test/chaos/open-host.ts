import type { LookupFunction } from 'node:net';
import { fileURLToPath } from 'node:url';
import { setEnvironmentData } from 'node:worker_threads';

import { compileEngine } from '@sandglass/worker';

import { buildHost, type Host } from '../../packages/host/src/host.js';
import type { CreatePoolOptions } from '../../packages/host/src/pool/contract.js';
import { createPool } from '../../packages/host/src/pool/create-pool.js';
import { LanePool } from '../../packages/host/src/pool/pool.js';
import { createWorkerLanes } from '../../packages/host/src/pool/links/thread-pool.js';
import type { HostOptions } from '../../packages/host/src/types.js';
import { packageJson } from '../conformance/bench.js';

const SABOTEUR = fileURLToPath(new URL('saboteur.mjs', import.meta.url));

export type Fault = 'exit' | 'throw' | 'reject' | 'abort' | 'memory' | 'hang' | 'start' | 'slow';

/**
 * A fault of worker threads, and how many chances it lets pass before it strikes; for `start`, how
 * many starts fail.
 */
export interface Sabotage {
  fault: Fault;
  countdown: number;
}

export const SCOPES = { log: {}, sleep: {}, request: { urls: ['http://allowed.test:*/*'], methods: ['GET'] } };

/** Every name is this machine. */
export const LOOKUP: LookupFunction = (_name, _options, callback) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }]);

/** A host with two threads, sabotaged or not. */
export function openHost(options: HostOptions = {}, sabotage?: Sabotage): Promise<Host> {
  const request = { lookup: LOOKUP, allowAddresses: ['127.0.0.1'], ...options.request };
  const parts = {
    createPool: sabotage ? (given: CreatePoolOptions) => createSabotagedPool(given, sabotage) : createPool,
  };
  return buildHost({ pool: { maxThreads: 2 }, onError: () => {}, ...options, request }, parts);
}

async function createSabotagedPool(options: CreatePoolOptions, { fault, countdown }: Sabotage): Promise<LanePool> {
  const shared = new Int32Array(new SharedArrayBuffer(4));
  shared[0] = countdown;
  setEnvironmentData('sabotage', { fault, countdown: shared });
  const pool = options.pool === 'inline' || !options.pool ? {} : options.pool;
  const lanes = createWorkerLanes({ filename: SABOTEUR, wasm: await compileEngine(), maxLanes: pool.maxThreads ?? 2 });
  return new LanePool({ ...options, ...pool, startLane: lanes.start, onClose: () => lanes.close() });
}

/** Loads an operation from the text of its handler. */
export async function loadOperation(host: Host, id: string, handler: string): Promise<void> {
  const source = `import { log, sleep, request } from 'directus:api';\nexport default { id: '${id}', handler: ${handler} };`;
  await host.load({ manifest: packageJson(id, 'operation', SCOPES), source });
}

/**
 * A handler that does one thing in the world, after its first await and before its second. @param
 * path see `Ledger`
 */
export const effectful = (port: number, path = ''): string =>
  `async ({ id }) => { await sleep(id % 3); const { data } = await request('http://allowed.test:${port}${path}/' + id); return data; }`;
