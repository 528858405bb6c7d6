import { CapabilityError } from '../error.js';

/** Codes that users of axios know. */
export type RequestFailureCode =
  | 'ERR_BAD_REQUEST'
  | 'ERR_BAD_RESPONSE'
  | 'ERR_NETWORK'
  | 'ERR_FR_TOO_MANY_REDIRECTS'
  | 'ETIMEDOUT'
  | SystemCode;

/** The answer to a request and its redirects. */
export interface ReceivedAnswer {
  status: number;
  statusText: string;
  headers: Record<string, string | string[]>;
  /** Its body, decoded. */
  text: string;
  /** Whether the guest is to parse it. */
  isJson: boolean;
}

/**
 * A name that resolves to an address the guest may not reach. Thrown inside a connection attempt,
 * too.
 */
export class DeniedAddressError extends Error {
  override readonly name = 'DeniedAddressError';
  readonly hostname: string;
  readonly address: string;

  constructor(hostname: string, address: string) {
    super(`Address ${address} is denied; request.allowAddresses opens it`);
    this.hostname = hostname;
    this.address = address;
  }
}

/** The refusal of an address (docs/contract.md §7). */
export function deniedAddress(cause: DeniedAddressError): CapabilityError {
  return new CapabilityError('E_SCOPE', `Requested domain "${cause.hostname}" resolves to a denied IP address`, {
    cause,
  });
}

/** What a request can fail with below HTTP, and the words for it: none of them tells an address. */
const SYSTEM_FAILURES = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed before the answer was complete',
  EPIPE: 'connection closed before the answer was complete',
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved at the moment',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'no connection within the time limit',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is self-signed',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is of an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of an unknown authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  EPROTO: 'no secure connection',
} as const;

type SystemCode = keyof typeof SYSTEM_FAILURES;

/** Undici's own codes for the same. */
const UNDICI_CODES: Readonly<Record<string, SystemCode>> = {
  UND_ERR_SOCKET: 'ECONNRESET',
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
};

/**
 * Codes of answers that are no HTTP, of undici's, or not in the encoding that they name, of zlib's.
 */
const UNREADABLE = /^(?:UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_|Z_|ERR__ERROR_|ERR_BROTLI)/;

/**
 * What a failed request tells the guest: a capability's own words, or what kind of failure it was.
 */
export function toCapabilityError(url: URL, error: unknown): CapabilityError {
  if (error instanceof CapabilityError) return error;
  if (error instanceof DeniedAddressError) return deniedAddress(error);
  const code = codeOf(error);
  const known = UNDICI_CODES[code] ?? (code.startsWith('ERR_SSL_') ? 'EPROTO' : code);
  if (isSystemCode(known)) return networkFailure(url, SYSTEM_FAILURES[known], error, known);
  if (UNREADABLE.test(code) || (error as Error).name === 'HTTPParserError')
    return networkFailure(url, 'its answer cannot be read', error, 'ERR_BAD_RESPONSE');
  return networkFailure(url, 'network error', error);
}

function isSystemCode(code: string): code is SystemCode {
  return Object.hasOwn(SYSTEM_FAILURES, code);
}

/** Of several addresses that were tried, the first one's. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/**
 * A request that failed below HTTP. The guest learns the host it asked for and nothing of this
 * side.
 */
export function networkFailure(
  url: URL,
  what: string,
  cause?: unknown,
  code: RequestFailureCode = 'ERR_NETWORK',
): CapabilityError {
  return new CapabilityError('E_NETWORK', `Request to "${url.host}" failed: ${what}`, { properties: { code }, cause });
}

/** A body of a request that goes over a limit. */
export function bodyTooLarge(what: string): CapabilityError {
  return new CapabilityError('E_QUOTA', `Request body is too large: ${what}`, {
    properties: { code: 'ERR_BAD_REQUEST' },
  });
}

/** A response that goes over a limit. */
export function tooLarge(url: URL, what: string): CapabilityError {
  return new CapabilityError('E_QUOTA', `Response of "${url.host}" is too large: ${what}`, {
    properties: { code: 'ERR_BAD_RESPONSE' },
  });
}

/** A status outside 2xx (docs/contract.md §6). The request's own headers are not part of it. */
export function statusFailure({ status, statusText, headers, text, isJson }: ReceivedAnswer): CapabilityError {
  const code: RequestFailureCode = status >= 400 && status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE';
  return new CapabilityError('E_GUEST', `Request failed with status code ${status}`, {
    properties: { status, code },
    response: { head: JSON.stringify({ status, statusText, headers }), data: text, isJson },
  });
}
