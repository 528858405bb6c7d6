import { createHost, type Host } from '@sandglass/host';

// The service and its server are the CLI's; only so can the handler itself be put into the very same server.
import { createService, type Service } from '../../../packages/host/dist/service/service.js';
import { startServer } from '../../../packages/host/dist/service/server.js';
import { toManifest } from './host-extension.js';
import type { HttpInput } from './http-subjects.js';

/** A server on a free port. Tells its URL to the process that forked it, and closes when that disconnects. */

const OPTIONS = {
  port: 0,
  hostname: '127.0.0.1',
  maxConnections: 10_000,
  maxHeaderBytes: 16_384,
  headersTimeoutMs: 10_000,
  receiveTimeoutMs: 30_000,
  keepAliveTimeoutMs: 5_000,
};
const ENDPOINT = "export default (router) => router.get('/', () => ({ status: 200, body: { hello: 'world' } }));";

const { through, threads } = JSON.parse(process.argv[2] ?? '') as HttpInput;
const host = await createHost({
  pool: threads === 'inline' ? 'inline' : { minThreads: threads, maxThreads: threads },
});
await host.load({ manifest: toManifest('hello', 'endpoint'), source: ENDPOINT });
const server = await startServer(createFetch(host), host, OPTIONS);
process.once('disconnect', () => void server.close(0).then(() => process.exit()));
process.send?.(`${server.url}hello`);

function createFetch(sandboxed: Host): Service {
  const service = createService(sandboxed);
  if (through === 'service') return service;
  const fetch = through === 'host' ? (request: Request) => sandboxed.fetch(request) : sayHello;
  return { fetch, drain: () => service.drain(), counts: service.counts };
}

async function sayHello(): Promise<Response> {
  return Response.json({ hello: 'world' });
}
