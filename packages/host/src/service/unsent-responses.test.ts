import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import type { ServerOptions } from './contract.js';
import { createServerResponse, startServer } from './server.js';
import type { Service } from './contract.js';
import { createService } from './service.js';
import { createFakeHost } from './testing/fake-host.js';

/** More than the kernel keeps for a connection. */
const BODY = new Uint8Array(16 * 1024 * 1024).fill(120);
const SHORT = new TextEncoder().encode('short');

async function start(options: ServerOptions): Promise<{ port: number; service: Service }> {
  const host = createFakeHost({
    fetch: (request: Request) =>
      Promise.resolve(createServerResponse(request.url.endsWith('/long') ? BODY : SHORT, { status: 200, headers: {} })),
  });
  const service = createService(host);
  const server = await startServer(service, host, { port: 0, ...options });
  onTestFinished(() => server.close(0));
  return { port: Number(new URL(server.url).port), service };
}

/** A client that sends requests and reads nothing. */
async function stall(port: number, requests = 1): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET /long HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(requests));
  return socket;
}

/** Reads on, and tells whether the connection was ended before all of a body had come. */
async function isCutOff(socket: Socket): Promise<boolean> {
  let bytes = 0;
  socket.on('data', ({ length }: Buffer) => {
    bytes += length;
    if (bytes > BODY.length) socket.end();
  });
  socket.resume();
  await once(socket, 'close');
  return bytes < BODY.length;
}

const until = (isTrue: () => boolean): Promise<void> => vi.waitFor(() => expect(isTrue()).toBe(true), 10_000);

describe('UnsentResponses', () => {
  test('a response counts as in flight until it is sent, and its connection ends when the client takes too long', async () => {
    const { port, service } = await start({ sendTimeoutMs: 300 });
    const socket = await stall(port);
    await until(() => service.counts.inFlight === 1);
    await until(() => service.counts.inFlight === 0);
    expect(await isCutOff(socket)).toBe(true);
  });

  test('clients that do not read lose their connections when all of them hold too much; one that reads does not', async () => {
    const { port, service } = await start({ maxUnsentBytes: 40 * 1024 * 1024 });
    const stalled = await Promise.all(Array.from({ length: 8 }, () => stall(port)));
    await until(() => service.counts.inFlight > 0 && service.counts.inFlight <= 3);
    const response = await fetch(`http://127.0.0.1:${port}/long`);
    expect(await response.text()).toHaveLength(BODY.length);
    const cutOff = await Promise.all(stalled.map(isCutOff));
    expect(cutOff.filter(Boolean).length).toBeGreaterThanOrEqual(5);
  });

  test('a client that sends request after request and reads nothing loses its connection; one long response it may hold', async () => {
    const { port, service } = await start({ maxUnsentBytes: 1024 * 1024 });
    const one = await stall(port);
    await until(() => service.counts.inFlight === 1);
    expect(await isCutOff(one)).toBe(false);
    expect(await isCutOff(await stall(port, 20))).toBe(true);
    await until(() => service.counts.inFlight === 0);
  });
});
