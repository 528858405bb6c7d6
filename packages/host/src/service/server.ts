import { Server as NetServer } from 'node:net';
import {
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server as HttpServer,
  ServerResponse,
  STATUS_CODES,
} from 'node:http';

import { FastResponse, serve, type ServerRequest } from 'srvx';

import type { Host } from '../host.js';
import { checkOptions } from '../options/check-options.js';
import { delayMs } from '../options/host-options.js';
import { checkServerOptions } from '../options/service-options.js';
import { ClientError, toErrorResponse } from '../routing/error-response.js';
import { isPlainTarget } from '../routing/request-target.js';
import { within } from '../time/within.js';
import type { HostOptions } from '../types.js';
import { useConnectionSignal } from './connection-signal.js';
import type { ServerOptions, Service } from './contract.js';
import { useNodeBody } from './node-body.js';
import { UnsentResponses } from './unsent-responses.js';

/** A service that listens. */
export interface RunningServer {
  /** Where it listens, with a slash at the end. */
  readonly url: string;
  /**
   * Stops accepting, lets accepted requests finish, closes the host.
   *
   * @param graceMs after which what is left is answered with 503. @default 10_000
   */
  close(graceMs?: number): Promise<void>;
}

/** A response of HTTP/1 that gives its status a reason phrase. */
class NamedResponse<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {
  override writeHead(status: number, ...rest: unknown[]): this {
    const [reason, ...more] = typeof rest[0] === 'string' ? rest : ['', ...rest];
    return super.writeHead(
      status,
      (reason as string) || STATUS_CODES[status] || 'Unknown',
      ...(more as [OutgoingHttpHeaders?]),
    );
  }
}

/**
 * Option `createResponse` of the host behind a server: makes responses that the server sends
 * without a stream.
 */
export const createServerResponse: NonNullable<HostOptions['createResponse']> = (body, init) =>
  new FastResponse(body, init);

/** How long `close` waits for accepted requests. */
const GRACE_MS = 10_000;
/** Pause between two looks at what is still open while draining. */
const SWEEP_MS = 50;
/** A request that was sent before the draining began arrives within this time. */
const ARRIVAL_MS = 100;
/** Time for the last answers to leave once the host has ended every call. */
const FLUSH_MS = 250;

/**
 * Starts a service on Node's HTTP server.
 *
 * @throws {TypeError} for an option that is unknown or cannot be used.
 * @throws {Error} that says where it cannot listen and why, with the code of the system's error,
 *   for example `EADDRINUSE`.
 *
 * @example
 * ```js
 * import { createHost } from '@sandglass/host';
 * import { createService, startServer } from '@sandglass/host/service';
 *
 * const host = await createHost();
 * const server = await startServer(createService(host), host, { port: 0 });
 * const { status } = await fetch(new URL('/_sandglass/health', server.url));
 * console.log(status); // 200
 * await server.close(1_000);
 * ```
 */
export async function startServer(service: Service, host: Host, given: ServerOptions = {}): Promise<RunningServer> {
  const options = checkServerOptions(service, host, given);
  const { port, hostname, maxConnections } = options;
  const unsent = new UnsentResponses(options);
  service.countUnsent(() => unsent.length);
  const server = serve({
    fetch: (request) => respond(request, service, unsent),
    port,
    hostname,
    silent: true,
    gracefulShutdown: false,
    node: {
      ServerResponse: NamedResponse,
      maxHeaderSize: options.maxHeaderBytes,
      headersTimeout: options.headersTimeoutMs,
      requestTimeout: options.receiveTimeoutMs,
      keepAliveTimeout: options.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(options.headersTimeoutMs, 1_000),
      // Node's 511 leaves a burst to the kernel, which drops what does not fit; it caps this itself
      backlog: maxConnections,
      exclusive: false, // processes of a cluster share the port
    },
  });
  await server.ready().catch((error: unknown) => {
    throw listenError(error, `${hostname}:${port}`);
  });
  const node = server.node!.server as HttpServer; // Node without TLS: it is one
  node.maxConnections = maxConnections;
  // of a cluster, the others are full then too, or soon; Node's types do not know it yet
  Object.assign(node, { dropMaxConnection: true });
  // to listen no more is all that it is to do, also where a cluster calls it: see `close` below
  node.close = (ended) => NetServer.prototype.close.call(node, ended) as HttpServer;
  return {
    url: server.url!,
    async close(graceMs = GRACE_MS) {
      await close(node, service, host, graceMs);
      unsent.close();
    },
  };
}

async function respond(request: ServerRequest, service: Service, unsent: UnsentResponses): Promise<Response> {
  const { req, res } = request.runtime!.node!; // the server is Node's
  if (!isPlainTarget(req.url ?? '/'))
    return toErrorResponse(new ClientError(400, 'INVALID_PATH', 'The path of the request is ambiguous.'));
  const response = await service.fetch(useNodeBody(useConnectionSignal(request)));
  unsent.add(res as ServerResponse); // of HTTP/1
  return response;
}

/** What to do about the errors that operators meet. */
const LISTEN_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken',
  EACCES: 'ports below 1024 need a privilege',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
};

function listenError(cause: unknown, address: string): Error {
  const { code, message } = cause as NodeJS.ErrnoException; // what listening fails with
  const reason = (code === undefined ? undefined : LISTEN_REASONS[code]) ?? message;
  return Object.assign(new Error(`Cannot listen on ${address}: ${reason}`, { cause }), { code });
}

/**
 * Ends a server so that no request that reached it stays without an answer.
 *
 * Node's own `close` ends idle connections at once, also those whose next request is already in the
 * socket. Here every response tells its client to close, and a connection counts as idle only when
 * nothing has come for a while.
 */
async function close(server: HttpServer, service: Service, host: Host, graceMs: number): Promise<void> {
  checkOptions('argument of close', delayMs, graceMs, 'graceMs');
  service.drain();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  let beganMs = performance.now();
  const sweep = setInterval(() => {
    if (performance.now() - beganMs >= ARRIVAL_MS) server.closeIdleConnections();
  }, SWEEP_MS);
  try {
    if (await within(closed, graceMs)) return await host.close(0);
    await host.close(0);
    beganMs = 0;
    if (!(await within(closed, FLUSH_MS))) server.closeAllConnections();
    await closed;
  } finally {
    clearInterval(sweep);
  }
}
