import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createHost, type Host } from '@sandglass/host';
// with its parts, the handler itself can be put into the very same server
import { createServerResponse, createService, type Service, startServer } from '@sandglass/host/service';

import { toManifest } from './host-extension.js';
import type { HttpInput } from './http-subjects.js';

/**
 * A server on a free port. Tells its URL to the process that forked it, and closes when that
 * disconnects.
 */

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

const { through, threads, processes = 1 } = JSON.parse(process.argv[2] ?? '') as HttpInput;
if (through === 'node:http') await serveAlone();
else if (through === 'command') await serveByCommand();
else await serveExtension();

/** The least that Node can do: no extension, no host, no service. */
async function serveAlone(): Promise<void> {
  const alone = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ hello: 'world' }));
  });
  alone.listen(0, OPTIONS.hostname);
  await once(alone, 'listening');
  process.once('disconnect', () => process.exit());
  const { port } = alone.address() as AddressInfo; // a TCP server's address
  process.send?.(`http://${OPTIONS.hostname}:${port}/hello`);
}

/** `sandglass serve` with a folder of that one extension. */
async function serveByCommand(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-bench-'));
  await mkdir(join(folder, 'hello'));
  await writeFile(join(folder, 'hello/package.json'), JSON.stringify(toManifest('hello', 'endpoint')));
  await writeFile(join(folder, 'hello/index.js'), ENDPOINT);
  const main = fileURLToPath(new URL('dist/bundle/main.js', import.meta.resolve('@sandglass/host/package.json')));
  const flags = ['--port', '0', '--max-threads', String(threads), '--processes', String(processes)];
  const command = spawn(process.execPath, [main, 'serve', folder, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('disconnect', () => command.kill('SIGTERM'));
  command.once('exit', () => void rm(folder, { recursive: true }).then(() => process.exit()));
  for await (const chunk of command.stdout.setEncoding('utf8')) {
    const [, url] = /Listening on (http:[^\s"]+)/.exec(String(chunk)) ?? [];
    if (url !== undefined) process.send?.(`${url}hello`);
  }
}

async function serveExtension(): Promise<void> {
  const host = await createHost({
    pool: threads === 'inline' ? 'inline' : { minThreads: threads, maxThreads: threads },
    createResponse: createServerResponse,
  });
  await host.load({ manifest: toManifest('hello', 'endpoint'), source: ENDPOINT });
  const server = await startServer(createFetch(host), host, OPTIONS);
  process.once('disconnect', () => void server.close(0).then(() => process.exit()));
  process.send?.(`${server.url}hello`);
}

function createFetch(sandboxed: Host): Service {
  const service = createService(sandboxed);
  if (through === 'service') return service;
  const fetch = through === 'host' ? (request: Request) => sandboxed.fetch(request) : sayHello;
  return { fetch, drain: () => service.drain(), countUnsent: () => {}, counts: service.counts };
}

async function sayHello(): Promise<Response> {
  if (through === 'nothing') return Response.json({ hello: 'world' });
  const headers = { 'content-type': 'application/json' };
  return createServerResponse(new TextEncoder().encode(JSON.stringify({ hello: 'world' })), { status: 200, headers });
}
