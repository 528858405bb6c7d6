import { JsonData } from '@sandglass/core';

import { assertJson, ownTurn, parseBody, readBodyText } from './read-body.js';
import type { RequestTarget } from './request-target.js';

/** What an endpoint's handler gets (docs/contract.md §5). */
export interface EndpointRequest {
  /** Relative to the mount, query included. */
  url: string;
  /** Names in lower case; `set-cookie` is an array. */
  headers: Record<string, string | string[]>;
  /** The parsed JSON body, `{}` if there is none. */
  body: unknown;
}

/** Media types whose body is parsed. */
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/**
 * A longer body is only checked on this thread, and parsed by the guest. For a shorter one that
 * costs more than it spares.
 */
const MAX_SHORT_LENGTH = 16_384;

/**
 * Turns a request into the argument of an endpoint's handler.
 *
 * @param target of the request's URL.
 * @param mountLength length of the mount in the request's path.
 * @param maxBodyBytes longest body that is read.
 * @throws {ClientError} 413 for a longer body, 415 for one that cannot be read, 400 for one that
 *   says to be JSON and is not.
 */
export async function readEndpointRequest(
  request: Request,
  target: RequestTarget,
  mountLength: number,
  maxBodyBytes: number,
): Promise<EndpointRequest | JsonData> {
  const url = (target.path.slice(mountLength) || '/') + target.search;
  const headers = readHeaders(request);
  const text = hasJsonBody(request) ? await readBodyText(request, maxBodyBytes) : '';
  if (text.length <= MAX_SHORT_LENGTH) return { url, headers, body: text === '' ? {} : parseBody(text) };
  await ownTurn();
  assertJson(text);
  return new JsonData({ url, headers, body: text });
}

function readHeaders({ headers, url }: Request): EndpointRequest['headers'] {
  // HTTP has it, a Request made by hand has not
  const host = headers.get('host') ?? new URL(url).host;
  const cookies = headers.getSetCookie();
  const entries: [string, string | string[]][] = [['host', host], ...headers];
  if (cookies.length > 0) entries.push(['set-cookie', cookies]);
  return Object.fromEntries(entries); // defines each: a header may be called `__proto__`
}

function hasJsonBody(request: Request): boolean {
  return request.body !== null && JSON_TYPE.test(request.headers.get('content-type') ?? '');
}
