import type { Dispatcher } from 'undici';

import type { AddressGate } from '../../gate/address-gate.js';
import type { RequestGate } from '../../gate/request-scope.js';
import { ownTurn } from '../../routing/read-body.js';
import type { AuditDetails } from '../define.js';
import { type HttpAnswer, Exchange } from './exchange.js';
import { DeniedAddressError, type ReceivedAnswer, deniedAddress, networkFailure } from './failure.js';
import { toGuestHeaders } from './headers.js';
import type { BodyBytes } from './body-bytes.js';
import type { Interruption } from './interruption.js';
import { isDeeperThan } from './json-depth.js';
import type { OutgoingRequest } from './outgoing-request.js';
import { redirect } from './redirect.js';

/** Drops a byte order mark, and takes what is no UTF-8 for U+FFFD. */
const UTF_8 = new TextDecoder();

/** Spares the guest an exception for most texts that are no JSON. */
const MAYBE_JSON = /^\s*(?:[[{"\d-]|(?:true|false|null)\s*$)/;

/**
 * Nesting of JSON that is parsed. Deeper values exhaust the stack of whoever walks them, and cannot
 * be copied.
 */
const MAX_JSON_DEPTH = 1_000;

/**
 * Bytes of a body that is read at once. Of a longer one each step takes up to 5 ms a megabyte, and
 * a turn of the event loop.
 */
const MAX_SHORT_BYTES = 65_536;

/** Limits of all requests of a host. */
export interface SendLimits {
  addresses: AddressGate;
  maxResponseBytes: number;
  maxRedirects: number;
}

/** Options of a request and all its redirects. */
export interface SendOptions {
  limits: SendLimits;
  dispatcher: Dispatcher;
  gate: RequestGate;
  held: BodyBytes;
  interruption: Interruption;
  audit(details: AuditDetails): void;
}

/**
 * Sends a request whose URL and method the gate has passed, and follows its redirects, each through
 * the whole gate.
 *
 * @throws {CapabilityError} or, below HTTP, what undici throws.
 */
export async function send(request: OutgoingRequest, options: SendOptions): Promise<ReceivedAnswer> {
  const { maxRedirects } = options.limits;
  let current = request;
  for (let redirects = 0; ; redirects++) {
    const answer = await dispatch(current, options);
    if (answer.location === '') return receive(answer, options);
    if (redirects >= maxRedirects) throw tooManyRedirects(current.url, maxRedirects);
    current = redirect(current, answer, options.gate);
  }
}

function dispatch(request: OutgoingRequest, options: SendOptions): Promise<HttpAnswer> {
  const { url } = request;
  const { limits, dispatcher, held, interruption } = options;
  if (limits.addresses.deniesHost(url.hostname))
    throw deniedAddress(new DeniedAddressError(url.hostname, url.hostname));
  const exchange = new Exchange({ url, maxResponseBytes: limits.maxResponseBytes, held });
  interruption.listen((error) => exchange.abort(error));
  exchange.start(dispatcher, request);
  return exchange.answer;
}

async function receive(answer: HttpAnswer, { audit }: SendOptions): Promise<ReceivedAnswer> {
  const { status, statusText, body, isEncoded } = answer;
  audit({ status, bytes: body.length });
  const headers = toGuestHeaders(answer.headers);
  if (isEncoded) delete headers['content-encoding']; // the data is decoded
  const isLong = body.length > MAX_SHORT_BYTES;
  if (isLong) await ownTurn();
  const text = UTF_8.decode(body);
  if (isLong) await ownTurn();
  const isJson = MAYBE_JSON.test(text) && !isDeeperThan(body, MAX_JSON_DEPTH);
  if (isLong) await ownTurn(); // it is encoded for the guest
  return { status, statusText, headers, text, isJson };
}

function tooManyRedirects(url: URL, maxRedirects: number): Error {
  return networkFailure(url, `more than ${maxRedirects} redirects`, undefined, 'ERR_FR_TOO_MANY_REDIRECTS');
}
