import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import { type Outcome, createGuest, failure, startServer, success, type RequestResponse } from './harness.js';

/** Sends one piece after the other, each in a packet of its own, for every request. */
async function serve(pieces: readonly string[], requests = 1): Promise<Outcome[]> {
  await using server = await startServer((socket) => void send(socket, pieces));
  await using guest = createGuest({
    scopes: { request: { methods: ['GET'], urls: [`http://good.test:${server.port}/*`] } },
  });
  const outcomes: Outcome[] = [];
  while (outcomes.length < requests) outcomes.push(await guest.request(`http://good.test:${server.port}/`));
  expect(server.connections).toBeLessThanOrEqual(2); // undici takes a turn to use one again
  return outcomes;
}

async function send(socket: Socket, pieces: readonly string[]): Promise<void> {
  socket.setNoDelay();
  for (const piece of pieces) {
    await new Promise((resolve) => socket.write(Buffer.from(piece, 'latin1'), resolve));
    await setImmediate();
  }
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi';
const HI = { status: 200, statusText: 'OK', data: 'hi' };

describe('heads of responses', () => {
  test.each([
    ['one', [CONTINUE + OK]],
    ['one in a packet of its own', [CONTINUE, OK]],
    ['one byte by byte', [...(CONTINUE + OK)]],
    ['several, with headers', [`${CONTINUE}HTTP/1.1 100 Go\r\nx: y\r\n\r\n`, CONTINUE, OK]],
    ['one without a text', [`HTTP/1.1 100\r\n\r\n${OK}`]],
    ['one before a hint', [`${CONTINUE}HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}`]],
  ])('a 100 Continue that nobody asked for is passed over: %s', async (_, pieces) => {
    for (const outcome of await serve(pieces, 3)) expect(success(outcome)).toMatchObject(HI);
  });

  test('a body that looks like one stays', async () => {
    const body = CONTINUE + OK;
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`;
    for (const pieces of [[head + body], [head, body]]) {
      expect(success<RequestResponse>((await serve(pieces))[0]!).data).toBe(body);
    }
  });

  test('a flood of them is no answer', async () => {
    const [outcome] = await serve([CONTINUE.repeat(1_000), OK]);
    expect(failure(outcome!)).toMatchObject({ code: 'E_NETWORK' });
  });

  test.each([
    ['what is no HTTP', ['hello']],
    ['what is no HTTP and ends no line', ['HTTX/1.1 200 OK']],
    ['an answer whose lines end in LF', ['HTTP/1.1 200 OK\ncontent-length: 2\n\nhi']],
    ['a head without an end', [`HTTP/1.1 200 ${'a'.repeat(20_000)}`]],
    ['a 100 Continue without an end', [`HTTP/1.1 100 ${'a'.repeat(20_000)}`]],
  ])('%s fails at once', async (_, pieces) => {
    const [outcome] = await serve(pieces);
    expect(failure(outcome!)).toMatchObject({ code: 'E_NETWORK', properties: { code: 'ERR_BAD_RESPONSE' } });
  });

  test.each([
    ['Latin-1', ['HTTP/1.1 200 G\xfcltig\r\n'], 'Gültig'],
    ['Latin-1 in pieces', ['HTTP/1.1 200 G\xfc', 'ltig\r', '\n'], 'Gültig'],
    ['UTF-8, which is read as Latin-1 like any header', ['HTTP/1.1 200 G\xc3\xbcltig\r\n'], 'GÃ¼ltig'],
    ['ASCII in pieces', ['HTTP/1.1 200 Ver', 'y g', 'ood\r\n'], 'Very good'],
    ['none', ['HTTP/1.1 200 \r\n'], ''],
  ])('a status text in %s', async (_, line, statusText) => {
    const outcomes = await serve([...line, 'content-length: 2\r\n\r\nhi'], 2);
    for (const outcome of outcomes) expect(success(outcome)).toMatchObject({ ...HI, statusText });
  });

  test.each([
    ['204', 'HTTP/1.1 204 No Content\r\ncontent-encoding: gzip\r\n\r\n'],
    ['length 0', 'HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 0\r\n\r\n'],
    ['no chunks', 'HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ])('an encoded body that is empty is an empty text: %s', async (_, answer) => {
    expect(success((await serve([answer]))[0]!)).toMatchObject({ data: '' });
  });

  test.each(['', 'content-length: 100\r\n', 'content-encoding: gzip\r\ncontent-length: 100\r\n'])(
    'a 304 rejects with an empty text, whatever the length of what it does not send: %j',
    async (headers) => {
      const [outcome] = await serve([`HTTP/1.1 304 Not Modified\r\n${headers}\r\n`]);
      expect(failure(outcome!)).toMatchObject({ properties: { status: 304 } });
    },
  );

  test.each(['UTF-8', 'none', 'aws-chunked', 'identity', ''])(
    'an encoding that is none changes nothing: %j',
    async (encoding) => {
      const [outcome] = await serve([
        `HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: 7\r\n\r\n{"a":1}`,
      ]);
      expect(success(outcome!)).toMatchObject({ data: { a: 1 }, headers: { 'content-encoding': encoding } });
    },
  );
});
