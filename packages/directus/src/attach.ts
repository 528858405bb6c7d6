import { ERROR_CODES, isSandglassError, type Registration } from '@sandglass/core';
import type { EndpointAnswer, ExtensionInfo, Host } from '@sandglass/host';

import { depthOfCalls } from './items/depth.js';
import type { ApiRequest, ApiResponse, DirectusModules, EventContext, ExtensionManager, Router } from './directus.js';

/** How long calls in flight have when their extension is taken out of service. */
const GRACE_MS = 5_000;

export interface AttachOptions {
  host: Pick<Host, 'run' | 'unload'>;
  manager: Pick<ExtensionManager, 'endpointRouter'>;
  modules: DirectusModules;
}

/** Runs one handler of the extension. */
type Run = (handler: number, argument: unknown, context: EventContext) => Promise<unknown>;
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
  const run: Run = (handler, argument, { accountability, database }) =>
    host.run(name, handler, argument, {
      signal: ending.signal,
      context: { accountability, database, depth: depthOfCalls.getStore() },
    });
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
    for (const registration of info.registrations) undo.push(register(registration, { run, router, options }));
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
  { run, router, options: { modules } }: { run: Run; router: Router | undefined; options: AttachOptions },
): Undo {
  const { type, handler } = registration;
  const { default: emitter } = modules.emitter;
  switch (type) {
    case 'route': {
      const method = registration.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
      router![method](registration.path, (request, response, next) => {
        void answer(request, response, (argument) => run(handler, argument, request)).catch(fail);
        function fail(error: unknown): void {
          next(toDirectusError(error, modules));
        }
      });
      return () => {}; // the router goes as a whole
    }
    case 'filter': {
      const filter = (payload: unknown, _: unknown, context: EventContext): Promise<unknown> =>
        run(handler, payload, context);
      emitter.onFilter(registration.event, filter);
      return () => emitter.offFilter(registration.event, filter);
    }
    case 'action': {
      const action = async (meta: object, context: EventContext): Promise<void> =>
        void (await run(handler, meta, context));
      emitter.onAction(registration.event, action);
      return () => emitter.offAction(registration.event, action);
    }
    case 'operation': {
      const flows = modules.flows.getFlowManager();
      flows.addOperation(registration.id, (options, context) => run(handler, options, context).catch(throwForFlow));
      return () => flows.removeOperation(registration.id);
    }
    default:
      return registration satisfies never;
  }
}

async function answer(
  { url, headers, body }: ApiRequest,
  response: ApiResponse,
  run: (argument: object) => Promise<unknown>,
): Promise<void> {
  const given = (await run({ url, headers, body })) as EndpointAnswer; // what a route gives
  response.status(given.status).setHeaders(given.headers);
  response.send(given.body === null ? undefined : Buffer.from(given.body));
}

/** Throws what the extension threw, whatever it is: a flow goes on with it. */
function throwForFlow(error: unknown): never {
  const isGuests = isSandglassError(error) && error.code === 'E_GUEST';
  throw isGuests && error.cause !== undefined && !(error.cause instanceof Error) ? error.cause : error;
}

/** An error with status 503 becomes Directus' own: its clients read that they may try again. */
function toDirectusError(error: unknown, { errors }: DirectusModules): unknown {
  if (!isSandglassError(error) || ERROR_CODES[error.code].status !== 503) return error;
  return new errors.ServiceUnavailableError({ service: 'extensions', reason: error.message });
}
