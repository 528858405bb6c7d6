import type { IncomingMessage } from 'node:http';

import type { ServerRequest } from 'srvx';

/**
 * Gives a request that has a body Node's own stream of it, in place of a web stream made around
 * that. A GET has its body then too, which a `Request` refuses and clients of Directus send.
 *
 * @returns the request given; unchanged if it has no body, or no server of Node's is behind it.
 */
export function useNodeBody(request: ServerRequest): ServerRequest {
  const message = request.runtime?.node?.req as IncomingMessage | undefined; // of HTTP/1
  if (!message || !hasBody(message)) return request;
  // Of what is left when a reader stops, Node takes care: to destroy the stream would end the
  // connection before the answer.
  const body = { [Symbol.asyncIterator]: () => message.iterator({ destroyOnReturn: false }) };
  return Object.defineProperty(request, 'body', { value: body, enumerable: true });
}

function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}
