import { sendNodeResponse } from 'srvx/node';

import { checkAdapter } from '../options/adapter-options.js';
import type { HostSource } from './contract.js';
import type { HttpOptions } from './contract.js';
import { runToItsEnd } from './background.js';
import type { NodeHandler } from './node.js';
import { createResponder } from './node-responder.js';

export type { AdapterHost, HostSource } from './contract.js';
export { lazyHost } from './host-source.js';
export type { EventOptions } from './contract.js';
export { toEventHandler } from './events.js';
export type { Invocation } from './contract.js';
export type { HttpOptions } from './contract.js';
export type { NodeHandler } from './node.js';

/**
 * Endpoints as an HTTP function of Google Cloud. A body that the framework has read already is
 * taken from its `rawBody`.
 *
 * The answer waits for what the call has started and nobody awaits: the platform takes the
 * processor away after it. It never rejects: if the host cannot be made, that is an answer of 503
 * and a line on stderr.
 *
 * @throws {TypeError} for an option that is unknown or cannot be used.
 */
export function toGoogleHandler(source: HostSource, options: HttpOptions = {}): NodeHandler {
  checkAdapter('toGoogleHandler', 'http', source, options);
  const respond = createResponder(source, options, (host, request, call) =>
    runToItsEnd((given) => host.fetch(request, given), call),
  );
  return async (message, response) => sendNodeResponse(response, await respond({ message, response }));
}
