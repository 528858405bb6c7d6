import type { Registration } from '@sandglass/core';
import type { ExtensionInfo, Host } from '@sandglass/host';

import { type DirectusModules, type ExtensionManager, type Router, toMethod } from './directus.js';
import { createHandlers, type Handlers } from './handlers.js';

/** How long calls in flight have when their extension is taken out of service. */
const GRACE_MS = 5_000;

export interface AttachOptions {
  host: Pick<Host, 'run' | 'unload'>;
  manager: Pick<ExtensionManager, 'endpointRouter'>;
  modules: DirectusModules;
}

type Undo = () => void;

/**
 * Registers an extension with Directus: its routes with the router, its filters and actions with
 * the emitter, its operations with the flows.
 *
 * @returns what removes the registrations and unloads the extension. A second call does nothing:
 *   Directus also calls those of extensions that are gone.
 */
export async function attach(info: ExtensionInfo, options: AttachOptions): Promise<() => Promise<void>> {
  const { name } = info;
  const { host } = options;
  const ending = new AbortController();
  const handlers = createHandlers(name, host, ending.signal);
  const undo: Undo[] = [];
  let detached: Promise<void> | undefined;
  const detach = async (): Promise<void> => {
    for (const one of undo) one();
    const timer = setTimeout(() => ending.abort(), GRACE_MS);
    try {
      await host.unload(name);
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    const router = info.type === 'endpoint' ? mount(name, options, undo) : undefined;
    for (const registration of info.registrations) undo.push(register(registration, { handlers, router, options }));
  } catch (error) {
    await detach();
    throw error;
  }
  return () => (detached ??= detach());
}

function mount(name: string, { manager, modules }: AttachOptions, undo: Undo[]): Router {
  const router = modules.express.Router();
  const { endpointRouter } = manager;
  endpointRouter.use(`/${name}`, router);
  undo.push(() => (endpointRouter.stack = endpointRouter.stack.filter(({ handle }) => handle !== router)));
  return router;
}

function register(
  registration: Registration,
  {
    handlers,
    router,
    options: { modules },
  }: { handlers: Handlers; router: Router | undefined; options: AttachOptions },
): Undo {
  const { type, handler } = registration;
  const { default: emitter } = modules.emitter;
  switch (type) {
    case 'route': {
      router![toMethod(registration.method)](registration.path, handlers.route(handler));
      return () => {}; // the router goes as a whole
    }
    case 'filter': {
      const filter = handlers.filter(handler);
      emitter.onFilter(registration.event, filter);
      return () => emitter.offFilter(registration.event, filter);
    }
    case 'action': {
      const action = handlers.action(handler);
      emitter.onAction(registration.event, action);
      return () => emitter.offAction(registration.event, action);
    }
    case 'operation': {
      const flows = modules.flows.getFlowManager();
      flows.addOperation(registration.id, handlers.operation(handler));
      return () => flows.removeOperation(registration.id);
    }
    default:
      return registration satisfies never;
  }
}
