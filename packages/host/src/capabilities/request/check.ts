import { MAX_URL_LENGTH } from '../../gate/canonical-url.js';
import type { RequestGate } from '../../gate/request-scope.js';
import { CapabilityError, typeError } from '../error.js';
import { encodeBody } from './body.js';
import { readHeaders } from './headers.js';
import type { OutgoingRequest } from './outgoing-request.js';

/**
 * Checks a request in the order of docs/contract.md §6, steps 4 to 6, and makes it ready to send.
 *
 * @throws {CapabilityError}
 */
export function checkRequest(
  rawUrl: string,
  given: object | undefined,
  gate: RequestGate,
  maxRequestBytes: number,
): OutgoingRequest {
  const target = gate.matchUrl(rawUrl);
  if (!target.ok)
    throw new CapabilityError('E_SCOPE', `No permission to request "${shorten(rawUrl)}"`, {
      cause: new Error(target.reason),
    });
  const method = own(given, 'method', 'GET');
  const body = own(given, 'body');
  const headers = own(given, 'headers');
  if (typeof method !== 'string') throw typeError('Request method has to be of type string');
  if (body !== undefined && typeof body !== 'string' && !isObject(body))
    throw typeError('Request body has to be of type string or object');
  if (headers !== undefined && !isObject(headers)) throw typeError('Request headers has to be of type object');
  if (!gate.allowsMethod(method))
    throw new CapabilityError('E_SCOPE', `No permission to use request method "${shorten(method)}"`);
  const sent = readHeaders(headers as object | undefined, target.url.host); // checked above
  // as above
  const encoded = encodeBody(body as string | object | undefined, sent, maxRequestBytes);
  return { url: target.url, method, headers: sent, body: encoded };
}

/** A text as it was given, up to the length of a URL that is looked at. */
function shorten(text: string): string {
  return text.length > MAX_URL_LENGTH ? `${text.slice(0, MAX_URL_LENGTH)}…` : text;
}

/** Reads an option that is the object's own: nothing is ever inherited. Null is a value. */
function own(given: object | undefined, key: string, byDefault?: unknown): unknown {
  const value = given !== undefined && Object.hasOwn(given, key) ? (given as Record<string, unknown>)[key] : undefined;
  return value === undefined ? byDefault : value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
