/* oxlint-disable vitest/no-conditional-expect -- the rows of a corpus end in several ways, each with its own expectation */
import type { Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';

import { readCorpus } from './corpus.js';
import { answer, createGuest, failure, lookupTable, startServer, success, type RequestResponse } from './harness.js';

interface ScenarioRow {
  name: string;
  server: [{ status?: number; scripted?: string; dns?: string[]; pool?: string }];
}

/** What a row comes to: a code and a text of the error, or what the guest gets. */
interface Scenario {
  serve(socket: Socket): void;
  code?: 'E_QUOTA' | 'E_NETWORK' | 'E_GUEST';
  message?: RegExp;
  data?: unknown;
  timeoutMs?: number;
  /**
   * The server ends its answer in good order, so that the connection may stay for the next request.
   */
  complete?: true;
}

const MAX_BYTES = 1_048_576;
const head = (headers: string): string => `HTTP/1.1 200 OK\r\n${headers}\r\n`;
const nested = (times: number): Buffer =>
  Array.from({ length: times }).reduce<Buffer>((bytes) => gzipSync(bytes), Buffer.from('x'));

/** Writes pieces until the other side has gone. */
function pour(socket: Socket, piece: Buffer | string): void {
  const next = (): void => {
    if (!socket.destroyed) socket.write(piece, () => setImmediate(next));
  };
  next();
}

const SCENARIOS: Record<string, Scenario> = {
  'gzip bomb 10 MiB to 10 GiB': {
    serve: (socket) =>
      socket.write(answer('200 OK', { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(64 * MAX_BYTES)))),
    complete: true,
    code: 'E_QUOTA',
    message: /^Response of "good\.test:\d+" is too large: over 1048576 bytes decoded \(maxResponseBytes\)$/,
  },
  'nested gzip x 20': {
    serve: (socket) =>
      socket.write(answer('200 OK', { 'content-encoding': Array(20).fill('gzip').join(', ') }, nested(20))),
    complete: true,
    code: 'E_NETWORK',
    message: /its content has over 3 encodings$/,
  },
  'zstd bomb': {
    // What nobody asked for and nobody knows is bytes like any others.
    serve: (socket) => {
      socket.write(head('content-encoding: zstd\r\n'));
      pour(socket, 'x'.repeat(65_536));
    },
    code: 'E_QUOTA',
    message: /over 1048576 bytes \(maxResponseBytes\)$/,
  },
  'wrong gzip': {
    serve: (socket) => socket.write(answer('200 OK', { 'content-encoding': 'gzip' }, 'plain text')),
    complete: true,
    code: 'E_NETWORK',
    message: /its answer cannot be read$/,
  },
  'slowloris headers 1 B/s': {
    serve: (socket) => socket.write('HTTP/1.1 200 OK\r\nx: '),
    code: 'E_NETWORK',
    message: /no answer within 50 ms$/,
    timeoutMs: 50,
  },
  'slowloris body 1 B/s': {
    serve: (socket) => socket.write(`${head('content-length: 10\r\n')}1`),
    code: 'E_NETWORK',
    message: /no answer within 50 ms$/,
    timeoutMs: 50,
  },
  'RST mid-body': {
    serve: (socket) => socket.write(`${head('content-length: 10\r\n')}1`, () => socket.resetAndDestroy()),
    code: 'E_NETWORK',
    message: /connection closed before the answer was complete$/,
  },
  'content-length too long': {
    serve: (socket) => socket.end(`${head('content-length: 100\r\n')}0123456789`),
    code: 'E_NETWORK',
    message: /connection closed before the answer was complete$/,
  },
  'both cl and te': {
    serve: (socket) =>
      socket.write(`${head('content-length: 3\r\ntransfer-encoding: chunked\r\n')}5\r\nabcde\r\n0\r\n\r\n`),
    code: 'E_NETWORK',
    message: /its answer cannot be read$/,
  },
  '10 MiB of headers': {
    serve: (socket) => socket.write(head(`x: ${'a'.repeat(10 * MAX_BYTES)}\r\n`)),
    code: 'E_NETWORK',
    message: /its answer cannot be read$/,
  },
  'header with CR only': {
    serve: (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: a\rset-cookie: b\r\ncontent-length: 0\r\n\r\n`),
    code: 'E_NETWORK',
    message: /its answer cannot be read$/,
  },
  'status 000/999': {
    serve: (socket) => socket.write(answer('999 Odd', {}, '"x"')),
    complete: true,
    code: 'E_GUEST',
    message: /^Request failed with status code 999$/,
  },
  '101 switching': {
    serve: (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    code: 'E_NETWORK',
    message: /connection closed before the answer was complete$/,
  },
  '1xx flood': {
    serve: (socket) => pour(socket, 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'),
    code: 'E_NETWORK',
    message: /no answer within 50 ms$/,
    timeoutMs: 50,
  },
  'JSON with __proto__': {
    serve: (socket) => socket.write(answer('200 OK', {}, '{"__proto__":{"polluted":1}}')),
    data: JSON.parse('{"__proto__":{"polluted":1}}'),
  },
  'JSON nested 1e6': {
    serve: (socket) => socket.write(answer('200 OK', {}, '['.repeat(500_000) + ']'.repeat(500_000))),
    data: '['.repeat(500_000) + ']'.repeat(500_000),
  },
};

const rows = readCorpus<ScenarioRow>('http-scenarios').filter(({ server }) => server[0].scripted !== undefined);

async function run({ serve, timeoutMs, complete }: Scenario) {
  await using server = await startServer(serve);
  await using guest = createGuest({
    scopes: { request: { methods: ['GET'], urls: [`http://good.test:${server.port}/*`] } },
    request: {
      lookup: lookupTable(),
      allowAddresses: ['127.0.0.1'],
      maxResponseBytes: MAX_BYTES,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
  });
  const outcome = await guest.request(`http://good.test:${server.port}/`);
  if (!outcome.ok && !complete) await gone(() => server.open);
  return { outcome, open: server.open, audits: guest.audits };
}

/** Waits for the server to see its sockets closed; the test's own time limit ends it. */
async function gone(open: () => number): Promise<void> {
  while (open() > 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('hostile servers', () => {
  test('every scripted row of the corpus has its scenario; TLS has a file of its own', () => {
    expect([...Object.keys(SCENARIOS), 'TLS self-signed / expired / wrong host'].sort()).toEqual(
      rows.map(({ name }) => name).sort(),
    );
  });

  test.each(Object.entries(SCENARIOS))('hostile server: %s', async (_, scenario) => {
    const { outcome, audits } = await run(scenario);
    if (scenario.code === undefined) expect(success<RequestResponse>(outcome).data).toEqual(scenario.data);
    else {
      const wire = failure(outcome);
      expect(wire).toMatchObject({
        code: scenario.code,
        message: expect.stringMatching(scenario.message ?? / /),
      });
      expect(`${wire.message} ${JSON.stringify(wire.properties)}`).not.toMatch(
        /127\.0\.0\.1|UND_ERR|HPE_|node:|\/home\//,
      );
    }
    expect(audits).toHaveLength(1);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test.each([
    ['gzip', gzipSync(Buffer.alloc(16 * MAX_BYTES))],
    ['br', brotliCompressSync(Buffer.alloc(16 * MAX_BYTES))],
  ])('a %s bomb on a server that never ends it is cut off, socket and all', async (encoding, bomb) => {
    const serve = (socket: Socket): void =>
      void socket.write(
        Buffer.concat([Buffer.from(head(`content-encoding: ${encoding}\r\ncontent-length: 99999999\r\n`)), bomb]),
      );
    const { outcome, open } = await run({ serve });
    expect(failure(outcome)).toMatchObject({ code: 'E_QUOTA' });
    expect(open).toBe(0);
  });

  test('an endless body is cut off at the limit, before decoding as after', async () => {
    const serve = (socket: Socket): void => {
      socket.write(head('transfer-encoding: chunked\r\n'));
      pour(socket, `10000\r\n${'x'.repeat(65_536)}\r\n`);
    };
    const { outcome, open } = await run({ serve });
    expect(failure(outcome)).toMatchObject({
      code: 'E_QUOTA',
      message: expect.stringMatching(/over 1048576 bytes \(maxResponseBytes\)$/),
    });
    expect(open).toBe(0);
  });

  test('broken gzip on a connection that stays open fails at once', async () => {
    const serve = (socket: Socket): void =>
      void socket.write(`${head('content-encoding: gzip\r\ncontent-length: 1000\r\n')}not gzip`);
    const { outcome, open } = await run({ serve });
    expect(failure(outcome)).toMatchObject({
      code: 'E_NETWORK',
      message: expect.stringMatching(/its answer cannot be read$/),
    });
    expect(open).toBe(0);
  });
});
