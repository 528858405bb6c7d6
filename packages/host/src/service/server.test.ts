import { connect } from 'node:net';
import { once } from 'node:events';

import { describe, expect, onTestFinished, test } from 'vitest';

import { toErrorResponse } from '../routing/error-response.js';
import { readBodyText } from '../routing/read-body.js';
import { createService } from './service.js';
import { createFakeHost } from './testing/fake-host.js';
import type { ServerOptions } from './contract.js';
import { type RunningServer, startServer } from './server.js';

const OPTIONS: ServerOptions = {
  port: 0,
  hostname: '127.0.0.1',
  maxConnections: 100,
  maxHeaderBytes: 4_096,
  headersTimeoutMs: 5_000,
  receiveTimeoutMs: 5_000,
  keepAliveTimeoutMs: 5_000,
};

async function echo(request: Request): Promise<Response> {
  try {
    return new Response(await readBodyText(request, 100));
  } catch (error) {
    return toErrorResponse(error);
  }
}

interface Started {
  server: RunningServer;
  /** Lets every request that waits go on. */
  release(): void;
  closed: number[];
}

async function start(options: Partial<ServerOptions> = {}): Promise<Started> {
  const pending: (() => void)[] = [];
  const closed: number[] = [];
  let isClosed = false;
  const answer = (): Response => new Response(isClosed ? 'ended' : 'late', { status: isClosed ? 503 : 200 });
  const host = createFakeHost({
    fetch: (request: Request) =>
      request.url.endsWith('/echo')
        ? echo(request)
        : request.url.endsWith('/slow')
          ? new Promise<Response>((resolve) => pending.push(() => resolve(answer())))
          : Promise.resolve(new Response('now')),
    close(deadlineMs: number) {
      closed.push(deadlineMs);
      isClosed = true;
      release();
      return Promise.resolve();
    },
  });
  const release = (): void => pending.splice(0).forEach((go) => go());
  const server = await startServer(createService(host), host, { ...OPTIONS, ...options });
  onTestFinished(() => server.close(0));
  return { server, release, closed };
}

/** Sends a raw request, and gives all that comes back until the connection ends. */
async function raw(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.setEncoding('utf8');
  socket.on('error', () => {}); // a reset is an answer too
  let answer = '';
  socket.on('data', (chunk: string) => (answer += chunk));
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

describe('startServer', () => {
  test('statuses have a reason phrase, and errors a length', async () => {
    const { server } = await start();
    const close = 'Host: localhost\r\nConnection: close';
    expect(await raw(server.url, `GET /now HTTP/1.1\r\n${close}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const missing = await raw(server.url, `GET /_sandglass/nothing HTTP/1.1\r\n${close}\r\n\r\n`);
    expect(missing).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    expect(missing).toMatch(/^content-length: \d+\r$/im);
    expect(missing).not.toMatch(/^transfer-encoding/im);
  });

  test('answers what it had accepted when it is told to close, and refuses the rest', async () => {
    const { server, release, closed } = await start();
    const slow = fetch(`${server.url}slow`);
    await fetch(server.url); // by now the slow one has arrived as well
    const closing = server.close(5_000);
    release();
    expect(await (await slow).text()).toBe('late');
    await closing;
    expect(closed).toEqual([0]);
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });

  test('answers a request on a connection that was open when the closing began', async () => {
    const { server } = await start();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.setEncoding('utf8');
    const answers: string[] = [];
    socket.on('data', (chunk: string) => answers.push(chunk));
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    const closing = server.close(5_000);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'close');
    expect(answers.join('')).toMatch(/200 [^]*now[^]*200 [^]*connection: close[^]*now/i);
    await closing;
  });

  test('ends what is left when the grace is over, with an answer', async () => {
    const { server } = await start();
    const slow = fetch(`${server.url}slow`);
    await fetch(server.url);
    await server.close(20);
    expect((await slow).status).toBe(503);
  });

  test('closes although a client keeps its connection open', async () => {
    const { server } = await start();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    socket.on('error', () => {});
    await server.close(1_000);
    await expect(ended).resolves.toEqual([false]); // ended in order, not reset
  });

  test('refuses headers that are too long', async () => {
    const { server } = await start();
    expect(await raw(server.url, `GET / HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(8_192)}\r\n\r\n`)).toContain(
      '431 Request Header Fields Too Large',
    );
  });

  test.each([
    ...['/./_sandglass/metrics', '/x/../_sandglass/metrics', '/x/%2e%2E/_sandglass/metrics', '/.%2e', '/%2e/a?b'],
    ...['/x\\..\\_sandglass/metrics', '\\_sandglass', 'http://h/./_sandglass/metrics', 'http:/_sandglass/metrics'],
    ...['foo:/_sandglass/metrics', '_sandglass/metrics', 'http:///_sandglass/metrics'],
  ])('refuses the target %s', async (target) => {
    const { server } = await start();
    expect(await raw(server.url, `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 400 /,
    );
  });

  test.each(['/a..b/.c/...', '/x?/../y', '/..%2fa', 'http://h/a', '/a%20b'])('serves the target %s', async (target) => {
    const { server } = await start();
    expect(await raw(server.url, `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 200 /,
    );
  });

  test('a GET has its body, and a body that is too long is answered', async () => {
    const { server } = await start();
    const ask = (head: string, body: string): Promise<string> =>
      raw(
        server.url,
        `${head} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    expect(await ask('GET /echo', '{"a":1}')).toContain('{"a":1}');
    expect(await ask('POST /echo', 'x'.repeat(1_000))).toMatch(/^HTTP\/1.1 413 /);
  });

  test('refuses headers that do not arrive', async () => {
    const { server } = await start({ headersTimeoutMs: 50 });
    expect(await raw(server.url, 'GET / HTTP/1.1\r\n')).toContain('408 Request Timeout');
  });

  test('rejects if it cannot listen', async () => {
    const { server } = await start();
    const port = Number(new URL(server.url).port);
    await expect(start({ port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: `Cannot listen on 127.0.0.1:${port}: the port is taken`,
    });
  });
});
