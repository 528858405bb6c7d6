import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { Registration } from '@sandglass/core';
import { type ExtensionInfo, formatForTerminal, type Host } from '@sandglass/host';

import { createDirectusHost, isOn, readOptions } from '../create-host.js';
import {
  type ActionHandler,
  type DirectusParts,
  type EventContext,
  type FilterHandler,
  type Logger,
  type Router,
  toMethod,
} from '../directus.js';
import { createHandlers, type Handlers } from '../handlers.js';
import { PREFIX, serveStatus } from '../status.js';

/** Folder of the extensions within a bundle. */
export const EXTENSIONS = 'extensions';

/** What Directus hands to a hook and to an endpoint. */
type Context = Omit<DirectusParts, 'env'>;

interface HookApi {
  filter(event: string, handler: FilterHandler): void;
  action(event: string, handler: ActionHandler): void;
}

/** What the API part of a bundle exports: Directus registers what is switched on of it. */
export interface Bundle {
  hooks: { name: string; config: (api: HookApi, context: Context) => void }[];
  endpoints: { name: string; config: { id: string; handler: (router: Router, context: Context) => void } }[];
  operations: {
    name: string;
    config: { id: string; handler: (options: unknown, context: EventContext) => Promise<unknown> };
  }[];
}

/** Hosts of bundles by their folder: a reload of Directus opens another one. */
const hosts = new Map<string, Host>();

/**
 * Loads the extensions of a bundle that `directus-extension-sandglass bundle` wrote.
 *
 * @param folder of the bundle.
 * @throws {Error} with `EXTENSIONS_MUST_LOAD`, if one of them does not load.
 */
export async function openBundle(folder: URL): Promise<Bundle> {
  const path = fileURLToPath(folder);
  const directus: DirectusParts = {
    env: process.env,
    logger: consoleLogger,
    getSchema: async () => notRegistered(),
    services: {
      get ItemsService() {
        return notRegistered();
      },
    },
  };
  const options = { ...(await readOptions(process.env)), extensions: fileURLToPath(new URL(EXTENSIONS, folder)) };
  const { host, status } = await createDirectusHost(directus, options);
  void hosts.get(path)?.close(); // calls in flight end on it
  hosts.set(path, host);
  const ready = host.extensions.filter(({ state }) => state === 'ready');
  if (isOn(process.env['EXTENSIONS_MUST_LOAD'])) await assertComplete(folder, ready);
  const learn = ({ logger, getSchema, services }: Context): object =>
    Object.assign(directus, { logger, getSchema, services });
  const bundle = toBundle(ready, { host, learn });
  bundle.endpoints.push({
    name: PREFIX,
    config: {
      id: PREFIX,
      handler(router, context) {
        learn(context);
        if (status) router.use('/status', serveStatus(status));
      },
    },
  });
  return bundle;
}

/** Stands for what Directus hands over when it registers the bundle. */
function notRegistered(): never {
  throw new Error('Directus has not registered the bundle yet');
}

async function assertComplete(folder: URL, ready: readonly ExtensionInfo[]): Promise<void> {
  const manifest = JSON.parse(await readFile(new URL('package.json', folder), 'utf8')) as {
    'directus:extension': { entries: { name: string }[] };
  };
  const names = new Set([PREFIX, ...ready.map(({ name }) => name)]);
  const missing = manifest['directus:extension'].entries.filter(({ name }) => !names.has(name));
  if (missing.length > 0) throw new Error(`Not loaded: ${missing.map(({ name }) => name).join(', ')}`);
}

function toBundle(
  extensions: readonly ExtensionInfo[],
  { host, learn }: { host: Host; learn: (context: Context) => void },
): Bundle {
  const bundle: Bundle = { hooks: [], endpoints: [], operations: [] };
  for (const { name, type, registrations } of extensions) {
    const handlers = createHandlers(name, host);
    if (type === 'hook')
      bundle.hooks.push({
        name,
        config(api, context) {
          learn(context);
          for (const one of registrations) listen(one, api, handlers);
        },
      });
    else if (type === 'endpoint')
      bundle.endpoints.push({
        name,
        config: {
          id: name,
          handler(router, context) {
            learn(context);
            for (const one of registrations) route(one, router, handlers);
          },
        },
      });
    else
      for (const one of registrations)
        if (one.type === 'operation')
          bundle.operations.push({ name, config: { id: one.id, handler: handlers.operation(one.handler) } });
  }
  return bundle;
}

function listen(registration: Registration, api: HookApi, handlers: Handlers): void {
  const { type, handler } = registration;
  if (type === 'filter') api.filter(registration.event, handlers.filter(handler));
  if (type === 'action') api.action(registration.event, handlers.action(handler));
}

function route(registration: Registration, router: Router, handlers: Handlers): void {
  if (registration.type !== 'route') return;
  router[toMethod(registration.method)](registration.path, handlers.route(registration.handler));
}

const write = (first: unknown, message?: string): void => console.error(formatForTerminal(message ?? String(first)));

/** Until Directus hands its own. */
const consoleLogger: Logger = { debug: () => {}, trace: () => {}, info: write, warn: write, error: write };
