import type { IncomingMessage, ServerResponse } from 'node:http';

import { toNodeHandler } from 'srvx/node';

import { checkAdapter } from '../options/adapter-options.js';
import type { HostSource } from './contract.js';
import type { HttpOptions } from './contract.js';
import { runToItsEnd } from './background.js';
import { createBasePath } from './base-path.js';
import { toCallOptions } from './deadline.js';
import { toHostGetter } from './host-source.js';

export type { AdapterHost, HostSource } from './contract.js';
export { lazyHost } from './host-source.js';
export type { EventOptions } from './contract.js';
export { toEventHandler } from './events.js';
export type { Invocation } from './contract.js';
export type { HttpOptions } from './contract.js';

/** A handler of Node's HTTP server, and of the frameworks built on it. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Endpoints as an HTTP function of Google Cloud, or for any server of Node's kind. A body that the
 * framework has read already is taken from its `rawBody`.
 *
 * The answer waits for what the call has started and nobody awaits: the platform takes the
 * processor away after it. It never rejects: if the host cannot be made, that is an answer of 503
 * and a line on stderr.
 *
 * @throws {TypeError} for an option that is unknown or cannot be used.
 */
export function toGoogleHandler(source: HostSource, options: HttpOptions = {}): NodeHandler {
  checkAdapter('toGoogleHandler', 'http', source, options);
  const getHost = toHostGetter(source);
  const stripBasePath = createBasePath(options.basePath);
  const serve = toNodeHandler(async (request) => {
    try {
      const host = await getHost();
      const call = toCallOptions(undefined, options);
      return await runToItsEnd((given) => host.fetch(stripBasePath(request), given), call);
    } catch (error) {
      console.error('sandglass: cannot make the host:', error);
      return new Response(null, { status: 503 });
    }
  });
  return async (request, response) => {
    // srvx asks for HTTP/1 and HTTP/2 in one, and takes either
    await (serve as NodeHandler)(request, response);
  };
}
