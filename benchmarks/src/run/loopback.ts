import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the loopback server answers to everything. */
export const LOOPBACK_DOCUMENT: { hello: string } = { hello: 'world' };

/**
 * Starts the server that workloads request. It lives in the runner's process, which idles while a
 * sample is taken.
 */
export async function openLoopback(): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(LOOPBACK_DOCUMENT));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's address
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
