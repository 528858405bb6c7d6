import { encodeValue, readAnswer, SandglassError } from '@sandglass/core';

import type { Extension } from '../extensions/extension.js';
import type { CallOptions, EndpointAnswer, ParsedRequest } from '../types.js';
import type { Caller } from './caller.js';
import { toEndpointResponse } from './endpoint-response.js';
import type { EndpointRouter } from './endpoint-router.js';
import { runOperationOf } from './run-operation.js';

/** Where single registrations are run. */
export interface RegistrationsOptions {
  caller: Caller;
  /** Names in lower case. */
  allowedHeaders: ReadonlySet<string>;
}

/**
 * Runs one handler of an extension.
 *
 * @returns what its handler gave: of an operation what JSON leaves of it, of a route its answer.
 * @throws {SandglassError} `E_NOT_FOUND` if the extension has no such handler.
 */
export async function runRegistration(
  extension: Extension,
  { handler, argument }: { handler: number; argument: unknown },
  call: CallOptions | undefined,
  options: RegistrationsOptions,
): Promise<unknown> {
  const { name } = extension;
  const registration = extension.registrations.find((one) => one.handler === handler);
  if (!registration)
    throw new SandglassError('E_NOT_FOUND', `"${name}" has no handler ${handler}`, { extension: name });
  switch (registration.type) {
    case 'route':
      return runRoute({ owner: extension, handler }, argument, call, options);
    case 'operation':
      return runOperationOf({ owner: extension, handler }, argument, call, options.caller);
    default:
      return options.caller.call(extension, handler, argument, call);
  }
}

/**
 * Asks an endpoint.
 *
 * @returns undefined if no route matches.
 */
export async function askEndpoint(
  { method = 'GET', url, headers = {}, body = {} }: ParsedRequest,
  call: CallOptions | undefined,
  options: RegistrationsOptions & { router: Pick<EndpointRouter<Extension>, 'find'> },
): Promise<EndpointAnswer | undefined> {
  const [path = ''] = url.split('?', 1);
  const match = options.router.find(method, path);
  if (!match) return undefined;
  const rest = url.slice(match.mountLength);
  const argument = { url: rest.startsWith('/') ? rest : `/${rest}`, headers, body };
  return runRoute(match, argument, call, options);
}

async function runRoute(
  { owner, handler }: { owner: Extension; handler: number },
  argument: unknown,
  call: CallOptions | undefined,
  { caller, allowedHeaders }: RegistrationsOptions,
): Promise<EndpointAnswer> {
  const result = await caller.run(owner, handler, encodeValue(argument), call);
  return toEndpointResponse<EndpointAnswer>(readAnswer(result), {
    allowedHeaders,
    method: '', // who has the client knows what it has already, and makes its own tags
    createResponse: (body, { status, headers }) => ({ status, headers: new Headers(headers), body }),
  });
}
