import { ERROR_CODES, isSandglassError } from '@sandglass/core';
import type { EndpointAnswer, Host } from '@sandglass/host';

import type { ActionHandler, ApiRequest, ApiResponse, EventContext, FilterHandler, Handler } from './directus.js';
import { createDirectusError } from './directus-error.js';
import { depthOfCalls } from './items/depth.js';

/** What runs a registration of an extension, in the shape in which Directus calls its kind. */
export interface Handlers {
  route(handler: number): Handler;
  filter(handler: number): FilterHandler;
  action(handler: number): ActionHandler;
  operation(handler: number): (options: unknown, context: EventContext) => Promise<unknown>;
}

/** @param signal ends calls in flight. */
export function createHandlers(name: string, host: Pick<Host, 'run'>, signal?: AbortSignal): Handlers {
  const run = (handler: number, argument: unknown, { accountability, database }: EventContext): Promise<unknown> =>
    host.run(name, handler, argument, {
      signal,
      context: { accountability, database, depth: depthOfCalls.getStore() },
    });
  return {
    route: (handler) => (request, response, next) => {
      void answer(request, response, (argument) => run(handler, argument, request)).catch(fail);
      function fail(error: unknown): void {
        next(toDirectusError(error));
      }
    },
    filter: (handler) => (payload, _, context) => run(handler, payload, context),
    action: (handler) => async (meta, context) => void (await run(handler, meta, context)),
    operation: (handler) => (options, context) => run(handler, options, context).catch(throwForFlow),
  };
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
function toDirectusError(error: unknown): unknown {
  if (!isSandglassError(error) || ERROR_CODES[error.code].status !== 503) return error;
  const reason = error.message;
  const message = `Service "extensions" is unavailable. ${reason}.`;
  return createDirectusError(503, 'SERVICE_UNAVAILABLE', { message, extensions: { service: 'extensions', reason } });
}
