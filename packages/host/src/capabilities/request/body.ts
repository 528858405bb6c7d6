import { typeError } from '../error.js';
import { toFormFields } from './form.js';
import type { RequestHeaders } from './headers.js';

export type RequestBody = string | Uint8Array | null;

const FORM = 'application/x-www-form-urlencoded';

/**
 * Encodes a body by its type and the content type that the guest gave, and sets the content type that is missing.
 *
 * An object is JSON, or a form when the content type says so; a string and bytes go as they are.
 *
 * @param headers of `readHeaders`; changed in place.
 * @throws {CapabilityError} a TypeError for an object that cannot be encoded.
 */
export async function encodeBody(body: string | object | undefined, headers: RequestHeaders): Promise<RequestBody> {
  if (body === undefined) return null;
  const contentType = headers['content-type']?.toLowerCase() ?? '';
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
  if (contentType.includes(FORM)) return new URLSearchParams(toFormFields(body)).toString();
  if (contentType.includes('multipart/form-data')) return encodeMultipart(body, headers);
  headers['content-type'] ??= 'application/json';
  return encodeJson(body);
}

async function encodeMultipart(body: object, headers: RequestHeaders): Promise<Uint8Array> {
  const form = new FormData();
  for (const [name, value] of toFormFields(body)) form.append(name, value);
  const encoded = new Response(form);
  headers['content-type'] = encoded.headers.get('content-type') ?? ''; // with the boundary
  return new Uint8Array(await encoded.arrayBuffer());
}

/** @throws {CapabilityError} for a BigInt, a cycle, or nesting that exhausts the stack. */
function encodeJson(body: object): string {
  try {
    return JSON.stringify(body);
  } catch (error) {
    throw typeError(`Request body cannot be sent as JSON: ${reason(error)}`);
  }
}

function reason(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deep';
  return error instanceof TypeError && error.message.includes('BigInt') ? 'it has a BigInt' : 'it is circular';
}
