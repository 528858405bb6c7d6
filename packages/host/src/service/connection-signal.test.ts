import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { serve, type ServerRequest } from 'srvx';
import { describe, expect, onTestFinished, test } from 'vitest';

import { useConnectionSignal } from './connection-signal.js';

/** Starts a server that answers `/slow` when its client has gone, and connects to it. */
async function start(): Promise<{ socket: Socket; signals: AbortSignal[]; ended: Promise<void>[] }> {
  const signals: AbortSignal[] = [];
  const ended: Promise<void>[] = [];
  const server = serve({
    port: 0,
    hostname: '127.0.0.1',
    silent: true,
    gracefulShutdown: false,
    async fetch(request) {
      const { signal, url } = useConnectionSignal(request);
      signals.push(signal);
      if (url.endsWith('/slow')) {
        const aborted = once(signal, 'abort').then(() => undefined);
        ended.push(aborted);
        await aborted;
      }
      return new Response('now');
    },
  });
  await server.ready();
  const socket = connect(Number(new URL(server.url!).port), '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(async () => {
    socket.destroy();
    await server.close(true);
  });
  return { socket, signals, ended };
}

async function ask(socket: Socket, path: string): Promise<void> {
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
}

describe('useConnectionSignal', () => {
  test('the signal of a request is aborted when its client goes before it is answered', async () => {
    const { socket, signals, ended } = await start();
    await ask(socket, '/');
    await once(socket, 'data');
    await ask(socket, '/slow');
    await expect.poll(() => signals.length).toBe(2);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    socket.destroy();
    await ended[0];
    expect(signals[1]!.reason).toMatchObject({ name: 'AbortError' });
  });

  test('requests of one connection share a signal', async () => {
    const { socket, signals } = await start();
    for (let i = 0; i < 2; i++) {
      await ask(socket, '/');
      await once(socket, 'data');
    }
    expect(signals[0]).toBe(signals[1]);
  });

  test('a request without a socket of Node’s keeps its own', () => {
    const request: ServerRequest = new Request('http://a.test/');
    const { signal } = request;
    expect(useConnectionSignal(request).signal).toBe(signal);
  });
});
