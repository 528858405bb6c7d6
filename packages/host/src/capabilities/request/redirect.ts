import { isUtf8 } from 'node:buffer';

import { type CanonicalUrl, findAmbiguity } from '../../gate/index.js';
import type { RequestGate } from '../../gate/request-scope.js';
import { CapabilityError } from '../error.js';
import type { HttpAnswer } from './exchange.js';
import { dropContentHeaders, dropCredentials } from './headers.js';
import type { OutgoingRequest } from './outgoing-request.js';

/** The status and the location of an answer that redirects. */
type RedirectAnswer = Pick<HttpAnswer, 'status' | 'location'>;

/**
 * Makes the next request of a redirect, checked like one of the guest's own.
 *
 * @throws {CapabilityError} `E_SCOPE`.
 */
export function redirect(
  from: OutgoingRequest,
  { status, location: header }: RedirectAnswer,
  gate: RequestGate,
): OutgoingRequest {
  const location = decodeLocation(header);
  const target = resolve(from.url, location, gate);
  if (!target.ok)
    throw new CapabilityError('E_SCOPE', `No permission to request "${location}"`, {
      cause: new Error(`Redirect: ${target.reason}`),
    });
  const toGet = status === 303 || (status < 303 && from.method === 'POST');
  const method = toGet ? 'GET' : from.method;
  if (!gate.allowsMethod(method))
    throw new CapabilityError('E_SCOPE', `No permission to use request method "${method}"`);
  const kept = isSameParty(from.url, target.url) ? from.headers : dropCredentials(from.headers);
  return { url: target.url, method, headers: toGet ? dropContentHeaders(kept) : kept, body: toGet ? null : from.body };
}

/**
 * Whether credentials are kept: the next URL has the same origin, or the https origin of the same
 * host.
 */
function isSameParty(from: URL, to: URL): boolean {
  if (from.origin === to.origin) return true;
  const isUpgrade = from.protocol === 'http:' && to.protocol === 'https:';
  return isUpgrade && from.hostname === to.hostname && from.port === '' && to.port === '';
}

/**
 * Resolves a `location`. One with a scheme or a host of its own is read as strictly as a guest's
 * URL.
 */
function resolve(base: URL, location: string, gate: RequestGate): CanonicalUrl {
  if (location.startsWith('//')) return gate.matchUrl(`${base.protocol}${location}`);
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return gate.matchUrl(location);
  const ambiguity = findAmbiguity(location);
  if (ambiguity !== undefined) return { ok: false, reason: ambiguity };
  return gate.matchUrl(new URL(location, base).href);
}

/** A header's text comes in Latin-1. Servers write locations in UTF-8, and few in Latin-1. */
function decodeLocation(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : header;
}
