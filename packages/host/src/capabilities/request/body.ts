import type { ExpansionLimits } from '../expansion.js';
import { bodyTooLarge } from './failure.js';
import { encodeMultipart, encodeUrlencoded } from './form-encoding.js';
import { toFormFields } from './form.js';
import type { RequestHeaders } from './headers.js';
import { encodeJson } from './json-body.js';

export type RequestBody = string | Uint8Array | null;

const FORM = 'application/x-www-form-urlencoded';

/**
 * Writing that many takes this thread up to 50 ms, however they are arranged (docs/security.md).
 */
const MAX_VALUES = 262_144;

/**
 * Encodes a body by its type and the content type that the guest gave, and sets the content type
 * that is missing.
 *
 * An object is JSON, or a form when the content type says so; a string and bytes go as they are.
 *
 * @param headers of `readHeaders`; changed in place.
 * @throws {CapabilityError} `E_QUOTA` for a body beyond `maxBytes` or 262,144 values; a TypeError
 *   for an object that cannot be encoded.
 */
export function encodeBody(body: string | object | undefined, headers: RequestHeaders, maxBytes: number): RequestBody {
  if (body === undefined) return null;
  const encoded = encode(body, headers, { maxBytes, maxValues: MAX_VALUES });
  if (bytesOf(encoded) > maxBytes) throw bodyTooLarge(`over ${maxBytes} bytes (maxRequestBytes)`);
  return encoded;
}

/** Bytes of a body on the wire. */
export function bytesOf(body: RequestBody): number {
  if (body === null) return 0;
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
}

function encode(body: string | object, headers: RequestHeaders, limits: ExpansionLimits): string | Uint8Array {
  if (typeof body === 'string') {
    headers['content-type'] ??= FORM;
    return body;
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    headers['content-type'] ??= 'application/octet-stream';
    return ArrayBuffer.isView(body)
      ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
      : new Uint8Array(body);
  }
  const contentType = headers['content-type']?.toLowerCase() ?? '';
  if (contentType.includes(FORM)) return encodeUrlencoded(toFormFields(body, limits), limits.maxBytes);
  if (contentType.includes('multipart/form-data')) {
    const multipart = encodeMultipart(toFormFields(body, limits), limits.maxBytes);
    headers['content-type'] = multipart.contentType;
    return multipart.body;
  }
  headers['content-type'] ??= 'application/json';
  return encodeJson(body, limits);
}
