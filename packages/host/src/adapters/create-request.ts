export interface RequestParts {
  method: string;
  headers: Headers | [string, string][];
  /** Bytes, text, or a stream of bytes. */
  body: unknown;
  signal?: AbortSignal;
}

/**
 * Makes a request, also one of GET with a body: its constructor refuses it, and clients of Directus
 * send it.
 *
 * @throws {TypeError} for what is no request of fetch in another way.
 */
export function createRequest(url: string | URL, { body, ...parts }: RequestParts): Request {
  const isBodiless = parts.method === 'GET' || parts.method === 'HEAD';
  const init = { ...parts, body: isBodiless ? null : (body ?? null), duplex: 'half' };
  // lib.dom does not know `duplex`, which a stream needs
  const request = new Request(url, init as RequestInit);
  return isBodiless ? attachBody(request, body) : request;
}

/** Gives a request of GET a body; without one it stays as it is. */
export function attachBody(request: Request, body: unknown): Request {
  if (body === undefined || body === null || body === '') return request;
  const chunks = typeof body === 'string' ? [Buffer.from(body)] : body instanceof Uint8Array ? [body] : body;
  return Object.defineProperty(request, 'body', { value: chunks, enumerable: true });
}
