import { CapabilityError } from '../error.js';

/** Codes that users of axios know. */
export type RequestFailureCode =
  | 'ERR_BAD_REQUEST'
  | 'ERR_BAD_RESPONSE'
  | 'ERR_NETWORK'
  | 'ERR_FR_TOO_MANY_REDIRECTS'
  | 'ETIMEDOUT';

/** What a request resolves to. */
export interface RequestResponse {
  status: number;
  statusText: string;
  headers: Record<string, string | string[]>;
  data: unknown;
}

/** A name that resolves to an address the guest may not reach. Thrown inside a connection attempt, too. */
export class DeniedAddressError extends Error {
  override readonly name = 'DeniedAddressError';
  readonly hostname: string;
  readonly address: string;

  constructor(hostname: string, address: string) {
    super(`Address ${address} is denied`);
    this.hostname = hostname;
    this.address = address;
  }
}

/** The refusal of an address (CONTRACT §7). */
export function deniedAddress(cause: DeniedAddressError): CapabilityError {
  return new CapabilityError('E_SCOPE', `Requested domain "${cause.hostname}" resolves to a denied IP address`, {
    cause,
  });
}

/** A request that failed below HTTP. The guest learns the host it asked for and nothing of this side. */
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

/** A status outside 2xx (CONTRACT §6). The request's own headers are not part of it. */
export function statusFailure(response: RequestResponse): CapabilityError {
  const { status, statusText, headers, data } = response;
  const code: RequestFailureCode = status >= 400 && status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE';
  return new CapabilityError('E_GUEST', `Request failed with status code ${status}`, {
    properties: { status, code, response: JSON.stringify({ status, statusText, headers, data }) },
  });
}
