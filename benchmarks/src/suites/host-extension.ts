import type { ExtensionSource } from '@sandglass/host';

import { fromScript } from '../peers/workload.js';

/** What every benchmark extension may use. */
const SCOPES = { log: {}, sleep: {}, request: { methods: ['GET'], urls: ['http://127.0.0.1:*/*'] } };

export const EMPTY: string = 'function handler() { return null; }';
export const ECHO: string = 'function handler(argument) { return argument; }';

/** An operation named after its number. @param script leaves `handler` on the global object */
export function toOperation(script: string, number = 1, scopes: object = SCOPES): ExtensionSource {
  const id = operationId(number);
  const source = fromScript({ script }).module.replace("id: 'bench'", `id: '${id}'`);
  return { manifest: toManifest(id, 'operation', scopes), source };
}

/** The id under which {@link toOperation} registers. */
export function operationId(number: number): string {
  return `bench-${number}`;
}

/** A package.json in Directus' form. */
export function toManifest(name: string, type: 'endpoint' | 'operation' | 'hook', scopes: object = SCOPES): object {
  const file = type === 'operation' ? { app: 'app.js', api: 'index.js' } : 'index.js';
  const sandbox = { enabled: true, requestedScopes: scopes };
  return { name, version: '1.0.0', 'directus:extension': { type, path: file, source: file, host: '*', sandbox } };
}
