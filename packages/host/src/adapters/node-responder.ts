import type { IncomingMessage, ServerResponse } from 'node:http';

import { NodeRequest } from 'srvx/node';

import { formatForTerminal } from '../capabilities/log/terminal.js';
import { ClientError, toErrorResponse } from '../routing/error-response.js';
import { isPlainTarget } from '../routing/request-target.js';
import type { CallOptions } from '../types.js';
import { createBasePath } from './base-path.js';
import type { AdapterHost, HostSource, HttpOptions } from './contract.js';
import { createRequest } from './create-request.js';
import { toCallOptions } from './deadline.js';
import { toHostGetter } from './host-source.js';

/** A request as Node's HTTP server has it, and frameworks built on that. */
export interface NodeExchange {
  message: IncomingMessage;
  response: ServerResponse;
  /** What the framework made of the body, if it has read it: parsed, text, or bytes. */
  body?: unknown;
}

/** Asks a host for the answer. */
export type Ask = (host: AdapterHost, request: Request, call: CallOptions) => Promise<Response>;

/**
 * Makes the way from a request of Node's to a host's answer. It never rejects: if the host cannot
 * be made, that is an answer of 503 and a line on stderr.
 *
 * @param ask `@default host.fetch`
 */
export function createResponder(
  source: HostSource,
  options: HttpOptions,
  ask: Ask = (host, request, call) => host.fetch(request, call),
): (exchange: NodeExchange) => Promise<Response> {
  const getHost = toHostGetter(source);
  const stripBasePath = createBasePath(options.basePath);
  return async (exchange) => {
    const host = await getHost().catch(tellFailure);
    if (!host) return new Response(null, { status: 503 });
    try {
      return await ask(host, stripBasePath(toRequest(exchange)), toCallOptions(undefined, options));
    } catch {
      // one of TRACE, for example
      return toErrorResponse(new ClientError(400, 'INVALID_PAYLOAD', 'Invalid request.'));
    }
  };
}

function tellFailure(error: unknown): void {
  console.error(formatForTerminal(`sandglass: cannot make the host: ${String(error)}`));
}

/** @throws {TypeError} for what is no request of fetch. */
function toRequest({ message, response, body }: NodeExchange): Request {
  if (!isPlainTarget(message.url ?? '/')) throw new TypeError('The path of the request is ambiguous');
  const request = new NodeRequest({ req: message, res: response });
  // the framework has read it; what stands in its place when there is no body is none
  if (body === undefined || !message.readableDidRead || 'rawBody' in message) return request;
  const { url, method, signal } = request;
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  const headers = new Headers([...request.headers]);
  headers.delete('content-encoding'); // it was inflated to be parsed
  headers.delete('content-length');
  if (!isText) headers.set('content-type', withoutCharset(headers.get('content-type')));
  return createRequest(url, { method, headers, body: isText ? body : JSON.stringify(body), signal });
}

/** The media type alone, which of JSON is in UTF-8. */
function withoutCharset(type: string | null): string {
  return type?.split(';', 1)[0] ?? 'application/json';
}
