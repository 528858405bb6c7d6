import { SandglassError } from '@sandglass/core';

import type { HostOptions } from '../types.js';
import { stringifyJson } from './json.js';

/** Makes a response of a checked status and of headers that can be sent. */
export type CreateResponse = NonNullable<HostOptions['createResponse']>;

/** Headers that an endpoint may set (CONTRACT §5). `set-cookie` is not among them: it would speak for the host's origin. */
export const RESPONSE_HEADERS: readonly string[] = [
  'content-type',
  'content-disposition',
  'cache-control',
  'etag',
  'last-modified',
  'location',
];

/** RFC 9110: these never have a body, and `Response` refuses one. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

export interface EndpointResponseOptions {
  /** Names in lower case. */
  allowedHeaders: ReadonlySet<string>;
  /** Longest JSON text. */
  maxLength: number;
  /** Whether the request was HEAD: everything but the body. */
  isHead: boolean;
  createResponse: CreateResponse;
}

/** The platform's own kind of response. */
export const createResponse: CreateResponse = (body, init) => new Response(body, init);

/**
 * Turns what an endpoint's handler returned into a response.
 *
 * @throws {SandglassError} `E_GUEST` for a status or header that cannot be sent, `E_CLONE` or `E_QUOTA` for a body that cannot be serialised.
 */
export function toEndpointResponse(result: unknown, options: EndpointResponseOptions): Response {
  const { status, body, headers: given } = isObject(result) ? result : {};
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    throw new SandglassError(
      'E_GUEST',
      `The status of an endpoint's result has to be an integer from 200 to 599, not ${describe(status)}`,
    );
  }
  const { text, type } = serialise(body, options.maxLength);
  const isBodiless = text === null || BODILESS.has(status);
  const own: Record<string, string> = type === null ? {} : { 'content-type': type };
  if (!isObject(given) && !options.isHead)
    return options.createResponse(isBodiless ? null : text, { status, headers: own });
  const headers = new Headers(own);
  setHeaders(headers, given, options.allowedHeaders);
  if (options.isHead && !isBodiless) headers.set('content-length', String(Buffer.byteLength(text)));
  return options.createResponse(isBodiless || options.isHead ? null : text, { status, headers });
}

function serialise(body: unknown, maxLength: number): { text: string | null; type: string | null } {
  if (body === undefined || body === null) return { text: null, type: null };
  if (typeof body === 'string') return { text: body, type: 'text/html; charset=utf-8' };
  return { text: stringifyJson(body, maxLength) ?? null, type: 'application/json; charset=utf-8' };
}

function setHeaders(headers: Headers, given: unknown, allowed: ReadonlySet<string>): void {
  if (!isObject(given)) return;
  for (const [name, value] of Object.entries(given)) {
    if (!allowed.has(name.toLowerCase()) || value === undefined || value === null) continue;
    try {
      headers.delete(name);
      for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) headers.append(name, headerText(item));
    } catch (cause) {
      throw new SandglassError('E_GUEST', `The header "${name}" of an endpoint's result cannot be sent`, { cause });
    }
  }
}

function headerText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new TypeError('a header has to be a string or a number');
}

function describe(status: unknown): string {
  return typeof status === 'string'
    ? JSON.stringify(status.slice(0, 40))
    : typeof status === 'number'
      ? String(status)
      : typeof status;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
