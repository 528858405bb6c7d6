import type { IncomingMessage, ServerResponse } from 'node:http';

import { sendNodeResponse } from 'srvx/node';

import { checkAdapter } from '../options/adapter-options.js';
import type { HostSource, HttpOptions } from './contract.js';
import { createResponder } from './node-responder.js';

export type { AdapterHost, HostSource, HttpOptions } from './contract.js';
export { lazyHost } from './host-source.js';
export type { BasePathOptions } from './base-path.js';
export type { DeadlineOptions } from './deadline.js';

/** A handler of Node's HTTP server, and a middleware of Express and its kind. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What {@link toFastifyPlugin} uses of a request of Fastify. */
export interface FastifyRequestLike {
  raw: IncomingMessage;
  body?: unknown;
}

/** What {@link toFastifyPlugin} uses of a reply of Fastify. */
export interface FastifyReplyLike {
  raw: ServerResponse;
  send(response: Response): unknown;
}

/** What {@link toFastifyPlugin} uses of an instance of Fastify. */
export interface FastifyLike {
  prefix: string;
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(type: string, parse: (request: never, payload: never, done: FastifyDone) => void): unknown;
  all(path: string, handler: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>): unknown;
}

type FastifyDone = (error: Error | null, body?: unknown) => void;

/** A plugin of Fastify 4 and 5. */
export type FastifyPlugin = (scope: FastifyLike, options: unknown, done: (error?: Error) => void) => void;

/**
 * Endpoints as a handler of `http.createServer`, or a middleware of Express. A body that the
 * framework has parsed already is taken as it is.
 *
 * It never rejects: if the host cannot be made, that is an answer of 503 and a line on stderr.
 *
 * @throws {TypeError} for an option that is unknown or cannot be used.
 */
export function toNodeHandler(source: HostSource, options: HttpOptions = {}): NodeHandler {
  checkAdapter('toNodeHandler', 'http', source, options);
  const respond = createResponder(source, options);
  return async (message, response) => {
    const { body } = message as { body?: unknown }; // Express's
    await sendNodeResponse(response, await respond({ message, response, body }));
  };
}

/**
 * Endpoints as a plugin of Fastify, to be registered with a prefix. The host reads bodies itself,
 * with its own limit; the parsers of the application are not used below the prefix, its hooks are.
 *
 * @param options.basePath `@default` the prefix that it is registered with
 * @throws {TypeError} for an option that is unknown or cannot be used.
 */
export function toFastifyPlugin(source: HostSource, options: HttpOptions = {}): FastifyPlugin {
  checkAdapter('toFastifyPlugin', 'http', source, options);
  return (scope, _options, done) => {
    const respond = createResponder(source, { basePath: scope.prefix, ...options });
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    for (const path of ['/', '/*'])
      scope.all(path, async ({ raw: message, body }, reply) =>
        reply.send(await respond({ message, response: reply.raw, body })),
      );
    done();
  };
}
