import { ERROR_CODES, isSandglassError } from '@sandglass/core';

import type { Host } from '../host.js';
import { ClientError } from '../routing/error-response.js';
import { MAX_EVENT_LENGTH } from '../routing/event-pattern.js';
import { assertJson, ownTurn, parseBody, readBodyText } from '../routing/read-body.js';
import { guestJsonResponse, jsonResponse } from './json-body.js';
import { requestIdOf } from '../routing/request-facts.js';
import type { Reloaded } from './reload-all.js';

/**
 * Routes for programs in other languages: the body is the argument as JSON, the answer `{ "value":
 * … }` or `{ "error": … }`.
 */
export interface CallApi {
  /**
   * @param path below the prefix, for example `/operations/shout`. Null if it is none of this
   *   API's.
   */
  fetch(path: string, request: Request): Promise<Response> | null;
}

/** The path that reloads all extensions, or one. */
const RELOAD = /^\/reload((?:\/[^/]+)?)$/;
const ROUTE = /^\/(operations|filters|actions)\/([^/]+)$/;

/** Makes the routes for operations, filters and actions. They check no token: the service does. */
export function createCallApi(
  host: Pick<Host, 'operation' | 'filter' | 'action'>,
  { maxBodyBytes, reload }: { maxBodyBytes: number; reload: (name?: string) => Promise<Reloaded> },
): CallApi {
  return {
    fetch(path, request) {
      const [, one] = RELOAD.exec(path) ?? [];
      if (one !== undefined && request.method === 'POST')
        return answer(request, async () => reload(one === '' ? undefined : decode(one.slice(1))));
      const [, kind, encoded] = ROUTE.exec(path) ?? [];
      if (kind === undefined || encoded === undefined) return null;
      return answer(request, async () => {
        if (request.method !== 'POST') throw new ClientError(405, 'METHOD_NOT_ALLOWED', 'The method has to be POST');
        const name = decode(encoded);
        if (kind !== 'operations' && name.length > MAX_EVENT_LENGTH)
          throw new ClientError(
            400,
            'INVALID_PAYLOAD',
            `The name of an event has at most ${MAX_EVENT_LENGTH} characters`,
          );
        const body = await readArgument(request, maxBodyBytes);
        const call = { signal: request.signal, requestId: requestIdOf(request) };
        if (kind === 'operations') return host.operation(name, body ?? {}, call);
        if (kind === 'filters') return host.filter(name, body, call);
        if (body !== undefined && (typeof body !== 'object' || body === null))
          throw new ClientError(400, 'INVALID_PAYLOAD', 'The meta of an action has to be an object');
        return host.action(name, body, call);
      });
    },
  };
}

/** Characters of an argument that is checked, parsed and encoded at once. */
const MAX_SHORT_LENGTH = 16_384;

async function readArgument(request: Request, maxBodyBytes: number): Promise<unknown> {
  const text = await readBodyText(request, maxBodyBytes);
  if (text.length <= MAX_SHORT_LENGTH) return parseBody(text);
  await ownTurn();
  assertJson(text);
  await ownTurn();
  const value: unknown = JSON.parse(text);
  await ownTurn(); // the call encodes it
  return value;
}

async function answer(request: Request, run: () => Promise<unknown>): Promise<Response> {
  try {
    const value = await run();
    return await guestJsonResponse(200, { value: value ?? null });
  } catch (error) {
    if (error instanceof ClientError)
      return jsonResponse(error.status, { error: { code: 'E_REQUEST', message: error.message } });
    if (request.signal.aborted)
      return jsonResponse(499, { error: { code: 'E_ABORTED', message: 'The request was aborted' } });
    const status = isSandglassError(error) ? ERROR_CODES[error.code].status : 500;
    return errorResponse(status, describeError(error));
  }
}

/** Answers without what the guest threw, if that has no JSON or too much. */
function errorResponse(status: number, error: Record<string, unknown>): Promise<Response> {
  return guestJsonResponse(status, { error }).catch(() =>
    guestJsonResponse(status, { error: { ...error, thrown: undefined } }),
  );
}

/** An error with its details, for a caller that has shown the token. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!isSandglassError(error))
    return { code: 'E_GUEST', message: error instanceof Error ? error.message : String(error) };
  const { code, message, extension, callId, limit, cause } = error;
  const { fault, retry } = ERROR_CODES[code];
  return { code, message, extension, callId, limit, fault, retry, thrown: describeThrown(cause) };
}

function describeThrown(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  return { name: cause.name, message: cause.message, stack: cause.stack, data: cause.cause };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ClientError(400, 'INVALID_PAYLOAD', 'The path is not percent-encoded UTF-8');
  }
}
