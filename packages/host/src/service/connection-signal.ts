import type { Socket } from 'node:net';

import type { ServerRequest } from 'srvx';

const signals = new WeakMap<Socket, AbortSignal>();

/** One error for all: nobody needs its stack, and ten thousand clients may leave at once. */
const CLIENT_GONE = new DOMException('The client closed its connection', 'AbortError');

/**
 * Gives a request its connection's signal in place of one of its own, which would be a controller
 * and a listener for each request. Either is aborted when the client goes before it is answered.
 *
 * @returns the request given; unchanged if it came over no socket of Node.
 */
export function useConnectionSignal(request: ServerRequest): ServerRequest {
  const socket = request.runtime?.node?.req.socket;
  if (!socket) return request;
  return Object.defineProperty(request, 'signal', { value: signalOf(socket), enumerable: true });
}

function signalOf(socket: Socket): AbortSignal {
  const known = signals.get(socket);
  if (known) return known;
  const controller = new AbortController();
  signals.set(socket, controller.signal);
  if (socket.destroyed) controller.abort(CLIENT_GONE);
  else socket.once('close', () => controller.abort(CLIENT_GONE));
  return controller.signal;
}
