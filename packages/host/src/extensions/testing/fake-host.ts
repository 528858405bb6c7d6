import type { Registration } from '@sandglass/core';

import { buildHost, type Host } from '../../host.js';
import type { ExtensionSource, HostOptions } from '../../types.js';
import { createFakePool, type FakeGuest } from './fake-pool.js';

type Type = 'endpoint' | 'hook' | 'operation';
const PATHS = { endpoint: 'index.js', hook: 'index.js', operation: { app: 'app.js', api: 'index.js' } };

/** The package.json of an extension. */
export const packageJson = (name: string, type: Type, requestedScopes: object = {}): object => ({
  name,
  version: '1.0.0',
  'directus:extension': {
    type,
    path: PATHS[type],
    source: PATHS[type],
    host: '*',
    sandbox: { enabled: true, requestedScopes },
  },
});
/** An extension in memory; its source is the key of a guest. */
export const extension = (name: string, type: Type, source: string, scopes?: object): ExtensionSource => ({
  manifest: packageJson(name, type, scopes),
  source,
});
/** Registrations as a guest makes them. */
export const get = (path: string, handler = 0): Registration => ({ type: 'route', method: 'GET', path, handler });
export const operation = (id: string): Registration => ({ type: 'operation', id, handler: 0 });
export const filter = (event: string, handler = 0): Registration => ({ type: 'filter', event, handler });
export const action = (event: string, handler = 0): Registration => ({ type: 'action', event, handler });

/** A handler that throws. */
export const throwing =
  (thrown: unknown): (() => never) =>
  () => {
    throw thrown;
  };

/** What a test listens to for errors that no caller gets. */
export type OnError = NonNullable<HostOptions['onError']>;

/** A host over a fake pool. */
export function start(
  guests: Record<string, FakeGuest>,
  options: HostOptions = {},
): Promise<Host & { pool: ReturnType<typeof createFakePool> }> {
  const pool = createFakePool(guests);
  return buildHost({ onError: () => {}, ...options }, pool).then((host) => Object.assign(host, { pool }));
}
/** Status and text of a response. */
export const fetchText = async (host: Host, path: string): Promise<[number, string]> => {
  const response = await host.fetch(new Request(`http://host.test${path}`));
  return [response.status, await response.text()];
};

/** A promise to be settled from outside. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
