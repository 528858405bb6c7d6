import { isSandglassError, SandglassError } from '@sandglass/core';

import type { Caller } from './caller.js';
import type { Extension } from '../extensions/extension.js';
import { readEndpointRequest } from './endpoint-request.js';
import { type CreateResponse, toEndpointResponse } from './endpoint-response.js';
import type { EndpointRouter } from './endpoint-router.js';
import { ClientError, toErrorResponse } from './error-response.js';
import { checkCall } from '../options/call-options.js';
import { splitTarget } from './request-target.js';
import type { CallOptions } from '../types.js';

export interface EndpointsOptions {
  router: Pick<EndpointRouter<Extension>, 'find'>;
  caller: Caller;
  maxBodyBytes: number;
  /** Names in lower case. */
  allowedHeaders: ReadonlySet<string>;
  /** Told of every error that is not the client's. */
  onError: (error: unknown, extension: string) => void;
  createResponse: CreateResponse;
}

/**
 * Answers a request with an endpoint's handler (CONTRACT §5). Whatever fails is a response as well.
 *
 * @throws {TypeError} for arguments that cannot be used, and nothing else.
 */
export async function serveEndpoint(
  request: Request,
  call: CallOptions | undefined,
  options: EndpointsOptions,
): Promise<Response> {
  const url = (request as Partial<Request> | undefined)?.url as string; // checked in the next line
  checkCall(call, 'request.url', url);
  const target = splitTarget(url);
  const match = options.router.find(request.method, target.path);
  if (!match)
    return toErrorResponse(new SandglassError('E_NOT_FOUND', `No route for ${request.method} ${request.url}`));
  const signal = call?.signal ? AbortSignal.any([request.signal, call.signal]) : request.signal;
  const { owner, handler, mountLength } = match;
  const lease = owner.lease(); // the body is still to be read when a reload comes
  try {
    const argument = await readEndpointRequest(request, target, mountLength, options.maxBodyBytes);
    const result = await options.caller.call(owner, handler, argument, { ...call, signal });
    return toEndpointResponse(result, {
      allowedHeaders: options.allowedHeaders,
      maxLength: owner.wire.limits.maxResultBytes,
      isHead: request.method === 'HEAD',
      createResponse: options.createResponse,
    });
  } catch (error) {
    if (signal.aborted) return toErrorResponse(new SandglassError('E_ABORTED', 'The request was aborted'));
    if (!isClients(error)) options.onError(error, owner.name);
    return toErrorResponse(error);
  } finally {
    lease[Symbol.dispose](); // not `using`, which compiles to several helpers on the way of every request
  }
}

function isClients(error: unknown): boolean {
  return error instanceof ClientError || (isSandglassError(error) && error.code === 'E_ABORTED');
}
