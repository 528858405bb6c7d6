import { encodeValue, isSandglassError, type JsonData, readAnswer, SandglassError } from '@sandglass/core';

import { assertShort, type Caller } from './caller.js';
import type { Extension } from '../extensions/extension.js';
import { readConditions } from './entity-tag.js';
import { type EndpointRequest, readEndpointRequest } from './endpoint-request.js';
import { type CreateResponse, toEndpointResponse } from './endpoint-response.js';
import type { EndpointRouter } from './endpoint-router.js';
import { ClientError, NoRouteError, toErrorResponse } from './error-response.js';
import { checkCall } from '../options/call-options.js';
import { invalid, tooLarge } from './read-body.js';
import { describeRequest, findFacts, requestIdOf, type RequestFields } from './request-facts.js';
import { splitTarget } from './request-target.js';
import { joinSignals } from '../time/join-signals.js';
import type { CallOptions } from '../types.js';

const utf8 = new TextEncoder();

export interface EndpointsOptions {
  router: Pick<EndpointRouter<Extension>, 'find' | 'methods'>;
  caller: Caller;
  maxBodyBytes: number;
  /** Names in lower case. */
  allowedHeaders: ReadonlySet<string>;
  /** Told of every error that is not the client's. */
  onError: (error: unknown, fields: RequestFields) => void;
  createResponse: CreateResponse;
}

/**
 * Answers a request with an endpoint's handler (docs/contract.md §5). Whatever fails is a response
 * as well.
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
  if (!match) return answerNoRoute(request, target.path, options);
  const joined = call?.signal && joinSignals(request.signal, call.signal);
  const signal = joined?.signal ?? request.signal;
  const { owner, handler, mountLength } = match;
  const facts = findFacts(request);
  if (facts) facts.target = match;
  const lease = owner.lease(); // the body is still to be read when a reload comes
  try {
    const argument = await readEndpointRequest(request, target, mountLength, options.maxBodyBytes);
    const bytes = encodeRequest(owner, argument);
    const onOutcome = facts?.wantsCallId ? (end: { callId: number }) => void (facts.callId = end.callId) : undefined;
    const result = await options.caller.run(owner, handler, bytes, {
      ...call,
      signal,
      onOutcome,
      requestId: facts?.id ?? call?.requestId,
    });
    const response = toEndpointResponse(readAnswer(result), {
      allowedHeaders: options.allowedHeaders,
      requestId: facts?.id,
      method: request.method,
      conditions: readConditions(request.headers),
      createResponse: options.createResponse,
    });
    // a guest may have set its own
    if (facts) facts.isTold = !options.allowedHeaders.has('x-request-id');
    return response;
  } catch (error) {
    if (facts && isSandglassError(error)) facts.callId ??= error.callId;
    if (signal.aborted) return toErrorResponse(new SandglassError('E_ABORTED', 'The request was aborted'));
    if (!isClients(error)) options.onError(error, describeRequest(request, match));
    return toErrorResponse(error, requestIdOf(request));
  } finally {
    joined?.[Symbol.dispose]();
    // not `using`, which compiles to several helpers on the way of every request
    lease[Symbol.dispose]();
  }
}

/** `OPTIONS` of a path that has routes says which methods, as Express does (RFC 9110 §9.3.7). */
function answerNoRoute({ method }: Request, path: string, options: EndpointsOptions): Response {
  const allowed = method === 'OPTIONS' ? options.router.methods(path) : [];
  if (allowed.length === 0) return toErrorResponse(new NoRouteError(path));
  const allow = allowed.join(',');
  const headers = { allow, 'content-type': 'text/html; charset=utf-8' };
  return options.createResponse(utf8.encode(allow), { status: 200, headers });
}

/** A body that cannot be an argument is its client's mistake. */
function encodeRequest(owner: Extension, argument: EndpointRequest | JsonData): Uint8Array {
  try {
    const bytes = encodeValue(argument);
    assertShort(owner, bytes);
    return bytes;
  } catch (error) {
    if (!isSandglassError(error)) throw error;
    throw error.code === 'E_QUOTA' ? tooLarge(owner.wire.limits.maxArgumentBytes) : invalid('It cannot be copied.');
  }
}

function isClients(error: unknown): boolean {
  return error instanceof ClientError || (isSandglassError(error) && error.code === 'E_ABORTED');
}
