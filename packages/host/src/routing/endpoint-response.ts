import { SandglassError, type EndpointAnswer } from '@sandglass/core';

import type { HostOptions } from '../types.js';
import { type Conditions, entityTag, isFresh } from './entity-tag.js';

/** Makes a response of a checked status and of headers that can be sent. */
export type CreateResponse<Made = Response> = (...args: Parameters<NonNullable<HostOptions['createResponse']>>) => Made;

/**
 * Headers that an endpoint may set (docs/contract.md §5). `set-cookie` is not among them: it would
 * speak for the host's origin.
 */
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

export interface EndpointResponseOptions<Made = Response> {
  /** Names in lower case. */
  allowedHeaders: ReadonlySet<string>;
  /** `HEAD`: everything but the body. `GET` and `HEAD`: an entity tag. */
  method: string;
  /** What the client has already. @default nothing */
  conditions?: Conditions | null;
  createResponse: CreateResponse<Made>;
  /** What it has as `x-request-id`. @default none */
  requestId?: string | undefined;
}

/** The platform's own kind of response. */
export const createResponse: CreateResponse = (body, init) => new Response(body, init);

/** Types of bodies that a guest may leave to the host. */
const TYPES = { text: 'text/html; charset=utf-8', json: 'application/json; charset=utf-8' } as const;

/** Longest body that gets an entity tag, in bytes: 2 ms. */
const MAX_TAGGED_BYTES = 1_048_576;

/**
 * Turns the answer of an endpoint's handler into a response.
 *
 * @throws {SandglassError} `E_GUEST` for a status or header that cannot be sent.
 */
export function toEndpointResponse<Made>(answer: EndpointAnswer, options: EndpointResponseOptions<Made>): Made {
  const { kind, headers: own } = answer;
  const status = readStatus(answer.status);
  const content = kind === 'none' || BODILESS.has(status) ? null : answer.body;
  const fixed: Record<string, string> = content === null || kind === 'none' ? {} : { 'content-type': TYPES[kind] };
  if (options.requestId !== undefined) fixed['x-request-id'] = options.requestId;
  const isCacheable = status < 300 && (options.method === 'GET' || options.method === 'HEAD');
  if (isCacheable && content !== null && content.byteLength <= MAX_TAGGED_BYTES) fixed['etag'] = entityTag(content);
  const { conditions = null } = options;
  if (!isObject(own) && options.method !== 'HEAD' && conditions === null)
    return options.createResponse(content, { status, headers: fixed });
  const headers = new Headers(fixed);
  setHeaders(headers, own, options.allowedHeaders);
  if (isCacheable && conditions !== null && isFresh(conditions, headers)) return notModified(headers, options);
  if (options.method !== 'HEAD') return options.createResponse(content, { status, headers });
  if (content !== null) headers.set('content-length', String(content.byteLength));
  return options.createResponse(null, { status, headers });
}

/** RFC 9110 §15.4.5: what describes a body goes with it. */
function notModified<Made>(headers: Headers, options: EndpointResponseOptions<Made>): Made {
  for (const name of ['content-type', 'content-disposition']) headers.delete(name);
  return options.createResponse(null, { status: 304, headers });
}

/** A number, or its text, which Directus takes too. */
function readStatus(given: unknown): number {
  const status = typeof given === 'string' && /^\d{3}$/.test(given) ? Number(given) : given;
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new SandglassError(
    'E_GUEST',
    `The status of an endpoint's result has to be an integer from 200 to 599, not ${describe(given)}`,
  );
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
