import type { Dispatcher } from 'undici';

import type { AddressGate } from '../../gate/address-gate.js';
import { type CanonicalUrl, findAmbiguity } from '../../gate/index.js';
import type { RequestGate } from '../../gate/request-scope.js';
import type { AuditDetails } from '../define.js';
import { CapabilityError } from '../error.js';
import type { RequestBody } from './body.js';
import { DeniedAddressError, type RequestResponse, deniedAddress, networkFailure } from './failure.js';
import { type RequestHeaders, dropContentHeaders, dropCredentials, toGuestHeaders } from './headers.js';
import { parseData, readBody } from './response.js';

/** One request on its way. */
export interface OutgoingRequest {
  url: URL;
  method: string;
  headers: RequestHeaders;
  body: RequestBody;
}

/** What a request and all its redirects go through. */
export interface SendOptions {
  dispatcher: Dispatcher;
  gate: RequestGate;
  addresses: AddressGate;
  maxResponseBytes: number;
  maxRedirects: number;
  signal: AbortSignal;
  audit(details: AuditDetails): void;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Body of a redirect that is read to keep the connection; a longer one ends it. */
const MAX_REDIRECT_BODY_BYTES = 16_384;

/**
 * Sends a request whose URL and method the gate has passed, and follows its redirects, each through the whole gate.
 *
 * @throws {CapabilityError} or, below HTTP, what undici throws.
 */
export async function send(request: OutgoingRequest, options: SendOptions): Promise<RequestResponse> {
  let current = request;
  for (let hops = 0; ; hops++) {
    const answer = await dispatch(current, options);
    const location = REDIRECTS.has(answer.statusCode) ? toText(answer.headers['location']) : '';
    if (location === '') return readResponse(current, answer, options);
    // A dumped body that fails is of no interest: the next hop decides.
    await answer.body.dump({ limit: MAX_REDIRECT_BODY_BYTES, signal: options.signal }).catch(() => {});
    if (hops >= options.maxRedirects) {
      throw networkFailure(
        current.url,
        `more than ${options.maxRedirects} redirects`,
        undefined,
        'ERR_FR_TOO_MANY_REDIRECTS',
      );
    }
    current = redirect(current, answer.statusCode, location, options.gate);
  }
}

function dispatch(
  { url, method, headers, body }: OutgoingRequest,
  options: SendOptions,
): Promise<Dispatcher.ResponseData> {
  if (options.addresses.deniesHost(url.hostname))
    throw deniedAddress(new DeniedAddressError(url.hostname, url.hostname));
  return options.dispatcher.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: method as Dispatcher.HttpMethod, // one of the scope's
    headers,
    body,
    signal: options.signal,
  });
}

async function readResponse(
  request: OutgoingRequest,
  answer: Dispatcher.ResponseData,
  options: SendOptions,
): Promise<RequestResponse> {
  const { url } = request;
  const headers = toGuestHeaders(answer.headers);
  options.audit({ status: answer.statusCode });
  const encoding = toText(answer.headers['content-encoding']);
  const bytes = await readBody(answer.body, {
    url,
    encoding,
    maxBytes: options.maxResponseBytes,
    signal: options.signal,
  });
  options.audit({ bytes: bytes.length });
  delete headers['content-encoding']; // the data is decoded
  return { status: answer.statusCode, statusText: answer.statusText, headers, data: parseData(bytes, url) };
}

/** The next hop, checked like a request of the guest's own. */
function redirect(from: OutgoingRequest, status: number, location: string, gate: RequestGate): OutgoingRequest {
  const target = resolve(from.url, location, gate);
  if (!target.ok)
    throw new CapabilityError('E_SCOPE', `No permission to request "${location}"`, {
      cause: new Error(`Redirect: ${target.reason}`),
    });
  const toGet = status === 303 || (status < 303 && from.method === 'POST');
  const method = toGet ? 'GET' : from.method;
  if (!gate.allowsMethod(method))
    throw new CapabilityError('E_SCOPE', `No permission to use request method "${method}"`);
  const kept = target.url.origin === from.url.origin ? from.headers : dropCredentials(from.headers);
  return { url: target.url, method, headers: toGet ? dropContentHeaders(kept) : kept, body: toGet ? null : from.body };
}

/** Resolves a `location`. One with a scheme or a host of its own is read as strictly as a guest's URL. */
function resolve(base: URL, location: string, gate: RequestGate): CanonicalUrl {
  if (location.startsWith('//')) return gate.matchUrl(`${base.protocol}${location}`);
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return gate.matchUrl(location);
  const ambiguity = findAmbiguity(location);
  if (ambiguity !== undefined) return { ok: false, reason: ambiguity };
  return gate.matchUrl(new URL(location, base).href);
}

/** The first of a header's values. Two of a kind are never both meant. */
function toText(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
