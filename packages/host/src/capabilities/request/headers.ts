import { CapabilityError, typeError } from '../error.js';
import { isPlainObject } from '../expansion.js';
import { printPrimitive } from './form.js';

/** Request headers by lower-case name. Without a prototype: a name is only a name. */
export type RequestHeaders = Record<string, string>;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What RFC 9110 §5.5 lets a value hold, one byte per character. */
// oxlint-disable-next-line no-control-regex -- control characters are what it refuses
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers that a request may have. Apache refuses more. */
const MAX_HEADERS = 100;

/**
 * Bytes of names and values, with the four that HTTP puts between and after them. Node and many
 * others refuse more.
 */
const MAX_HEADER_BYTES = 16_384;

/** Headers that the client writes itself, whatever its user says: dropped. */
const DROPPED: ReadonlySet<string> = new Set(['connection', 'content-length', 'keep-alive']);

/**
 * Headers that belong to the connection or to the client, that change the method behind the gate,
 * or that open a cloud's metadata service: refused. Proxy-* and sec-* too, and `host` unless it is
 * the URL's. Source: Fetch standard, "forbidden request-header".
 */
const REFUSED: ReadonlySet<string> = new Set([
  'expect',
  'http2-settings',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-http-method',
  'x-http-method-override',
  'x-method-override', // method overrides
  'metadata',
  'metadata-flavor',
  'x-google-metadata-request', // Azure, Google Cloud
  'x-aws-ec2-metadata-token',
  'x-aws-ec2-metadata-token-ttl-seconds', // AWS IMDSv2
]);

/**
 * Headers that a request keeps when a redirect leads to another origin. Any other may be a secret.
 */
const KEPT_ACROSS_ORIGINS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-type',
  'user-agent',
]);

const DEFAULTS: Readonly<RequestHeaders> = {
  accept: 'application/json, text/plain, */*',
  'accept-encoding': 'gzip, deflate, br',
  'user-agent': 'sandglass',
};

const SLOT: PropertyDescriptor = { writable: true, enumerable: true, configurable: true };

const DEFAULT_NAMES: readonly string[] = Object.keys(DEFAULTS);

/**
 * Reads the headers that a guest gave: names without case, numbers as text, lists joined, null,
 * undefined and false dropped; the same name in two cases joins as a list. Defaults fill what is
 * missing.
 *
 * @param host of the URL, with its port unless that is the default.
 * @throws {CapabilityError} a TypeError for what cannot be a header, `E_SCOPE` for a header that is
 *   refused, `E_QUOTA` for more than 100 headers or 16,384 bytes.
 */
export function readHeaders(given: object | undefined, host: string): RequestHeaders {
  // Object.create is typed any
  const headers: RequestHeaders = Object.create(null) as RequestHeaders;
  let left = MAX_HEADER_BYTES;
  for (const rawName of namesOf(given ?? {})) {
    const name = readName(rawName);
    // one of its own keys
    const value = readValue(name, (given as Record<string, unknown>)[rawName]);
    if (value === undefined || DROPPED.has(name)) continue;
    if (name === 'host') {
      if (value.toLowerCase() !== host) throw refused(name);
      continue;
    }
    if ((left -= name.length + value.length + 4) < 0) throw tooLarge(`over ${MAX_HEADER_BYTES} bytes`);
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  for (const name of DEFAULT_NAMES) headers[name] ??= DEFAULTS[name]!; // one of its keys
  return headers;
}

/** The headers that go along when a redirect leaves the origin. */
export function dropCredentials(headers: RequestHeaders): RequestHeaders {
  return select(headers, (name) => KEPT_ACROSS_ORIGINS.has(name));
}

/** The headers of a request that lost its body. */
export function dropContentHeaders(headers: RequestHeaders): RequestHeaders {
  return select(headers, (name) => !name.startsWith('content-'));
}

/**
 * Response headers as the guest sees them: lower-case, lists joined, `set-cookie` always a list.
 */
export function toGuestHeaders(
  received: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const rawName of Object.keys(received)) {
    const value = received[rawName];
    if (value === undefined) continue;
    const name = rawName.toLowerCase();
    const seen = name === 'set-cookie' ? [value].flat() : Array.isArray(value) ? value.join(', ') : value;
    if (name === '__proto__') Object.defineProperty(headers, name, { ...SLOT, value: seen });
    else headers[name] = seen;
  }
  return headers;
}

/** What is neither a plain object nor a list has no names, or one for each of its bytes. */
function namesOf(given: object): string[] {
  if (!isPlainObject(given) && !Array.isArray(given)) throw typeError('Request headers has to be of type object');
  const names = Object.keys(given);
  if (names.length > MAX_HEADERS) throw tooLarge(`over ${MAX_HEADERS} headers`);
  return names;
}

function readName(rawName: string): string {
  if (rawName.length > MAX_HEADER_BYTES) throw tooLarge(`over ${MAX_HEADER_BYTES} bytes`);
  if (!TOKEN.test(rawName) || rawName === '__proto__') throw typeError('Request header name is not a token');
  const name = rawName.toLowerCase();
  if (REFUSED.has(name) || name.startsWith('proxy-') || name.startsWith('sec-')) throw refused(name);
  return name;
}

function readValue(name: string, raw: unknown): string | undefined {
  if (raw === undefined || raw === null || raw === false) return undefined;
  const parts: unknown[] = Array.isArray(raw) ? raw : [raw];
  let value = '';
  for (let index = 0; index < parts.length; index++) {
    value += `${index > 0 ? ', ' : ''}${readPart(name, parts[index])}`;
    if (value.length > MAX_HEADER_BYTES) throw tooLarge(`over ${MAX_HEADER_BYTES} bytes`);
  }
  value = value.trim();
  if (!VALUE.test(value)) throw typeError(`Invalid character in request header "${name}"`);
  return value;
}

function readPart(name: string, part: unknown): string {
  const text = printPrimitive(part);
  if (text !== undefined) return text;
  throw typeError(`Request header "${name}" has to be of type string`);
}

function tooLarge(what: string): CapabilityError {
  return new CapabilityError('E_QUOTA', `Request headers are too large: ${what}`, {
    properties: { code: 'ERR_BAD_REQUEST' },
  });
}

function refused(name: string): CapabilityError {
  return new CapabilityError('E_SCOPE', `No permission to use request header "${name}"`);
}

function select(headers: RequestHeaders, keep: (name: string) => boolean): RequestHeaders {
  const kept: RequestHeaders = Object.create(null) as RequestHeaders; // Object.create is typed any
  for (const [name, value] of Object.entries(headers)) if (keep(name)) kept[name] = value;
  return kept;
}
