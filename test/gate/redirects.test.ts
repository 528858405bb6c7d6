/* oxlint-disable vitest/no-conditional-expect -- the rows of a corpus end in several ways, each with its own expectation */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readCorpus } from './corpus.js';
import {
  type CountingServer,
  answer,
  createGuest,
  failure,
  lookupTable,
  startServer,
  success,
  type RequestResponse,
} from './harness.js';

interface RedirectRow {
  name: string;
  server: [{ status?: number; location?: string }];
  scope: { methods: string[]; urls: string[] };
  expect: string;
}

const rows = new Map(
  readCorpus<RedirectRow>('http-scenarios')
    .filter(({ server }) => server[0].status !== undefined)
    .map((row) => [row.name, row]),
);

/**
 * What each row of the corpus comes to: the code and message of the refusal, or the hops that reach
 * the good server.
 */
const EXPECTED: Record<string, { method?: string; denied?: RegExp; hops?: string[]; status?: number; code?: string }> =
  {
    '301 to denied host': { denied: /^No permission to request "http:\/\/evil\.test:\d+\/"$/ },
    '301 POST body': { method: 'POST', denied: /^No permission to use request method "GET"$/ },
    '302 POST body': { method: 'POST', denied: /^No permission to use request method "GET"$/ },
    '303 to denied host': { denied: /^No permission to request "http:\/\/evil\.test:\d+\/"$/ },
    '307 to denied host': { denied: /^No permission to request "http:\/\/evil\.test:\d+\/"$/ },
    '307 POST body': { method: 'POST', hops: ['POST / x=1', 'POST /2 x=1'] },
    '308 POST body': { method: 'POST', hops: ['POST / x=1', 'POST /2 x=1'] },
    '302 to loopback': { denied: /^No permission to request "http:\/\/127\.0\.0\.1:9\/"$/ },
    '302 to mapped metadata': { denied: /^No permission to request "http:\/\/\[::ffff:a9fe:a9fe\]\/"$/ },
    '302 to file': { denied: /^No permission to request "file:\/\/\/etc\/passwd"$/ },
    '302 to userinfo': { denied: /^No permission to request "http:\/\/good\.test@evil\.test\/"$/ },
    '302 protocol-relative': { denied: /^No permission to request "\/\/evil\.test:\d+\/"$/ },
    '302 scheme downgrade': { denied: /^No permission to request "http:\/\/good\.test\/"$/ },
    '302 credentials': { denied: /^No permission to request "http:\/\/u:p@good\.test\/"$/ },
    '302 empty': { code: 'E_GUEST', status: 302, hops: ['GET / '] },
    '302 CRLF': { hops: ['GET / ', 'GET /a%0d%0aSet-Cookie:x '] },
    '302 very long': { code: 'E_NETWORK', hops: ['GET / '] },
    'redirect loop': { code: 'E_NETWORK', hops: Array<string>(21).fill('GET / ') },
    'cross-origin secrets': { hops: ['GET / '] },
  };

let evil: CountingServer;

/** Requests as `METHOD path body`. */
const seen = (server: CountingServer): string[] =>
  server.received.flatMap((text) =>
    [...text.matchAll(/(GET|POST) (\S+) HTTP\/1\.1\r\n[\s\S]*?\r\n\r\n((?:(?!GET |POST )[\s\S])*)/g)].map(
      ([, method, path, body]) => `${method} ${path} ${body}`,
    ),
  );

// Its first hop needs TLS: tls.test.ts has it.
const here = [...rows.values()].filter(({ name }) => name !== '302 scheme downgrade');

describe('redirects', () => {
  beforeAll(async () => {
    evil = await startServer((socket) => socket.end(answer('200 OK', {}, 'evil')));
  });
  afterAll(() => evil[Symbol.asyncDispose]());

  test('every redirect row of the corpus has its expectation', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual([...rows.keys()].sort());
  });

  test.each(here.map((row): [string, RedirectRow] => [row.name, row]))('redirect: %s', async (name, row) => {
    const expected = EXPECTED[name] ?? {};
    const [{ status, location = '' }] = row.server;
    const before = evil.connections;
    let first = true;
    const ports = (text: string, port: number): string =>
      text.replace(/(good2?\.test)\/(?!@)/, `$1:${port}/`).replace(/(\/\/evil\.test)\//, `$1:${evil.port}/`);
    await using server = await startServer((socket) => {
      const long = location.includes('…') ? `/${'a'.repeat(2 ** 20)}` : location;
      const target = name === '302 credentials' ? long : ports(long, server.port);
      socket.write(
        first || name === 'redirect loop'
          ? answer(`${status} Moved`, { location: target })
          : answer('200 OK', {}, '"end"'),
      );
      first = false;
    });
    const urls = row.scope.urls.map((url) => ports(url, server.port));
    await using guest = createGuest({ scopes: { request: { ...row.scope, urls } } });
    const options = expected.method === undefined ? {} : { method: expected.method, body: 'x=1' };
    const outcome = await guest.request(`http://good.test:${server.port}/`, options);

    if (expected.denied) {
      expect(failure(outcome)).toMatchObject({ code: 'E_SCOPE', message: expect.stringMatching(expected.denied) });
      expect(guest.audits).toMatchObject([{ decision: 'denied' }]);
      expect(seen(server)).toHaveLength(1);
    } else if (expected.code !== undefined) {
      expect(failure(outcome)).toMatchObject({
        code: expected.code,
        ...(expected.status === undefined ? {} : { properties: { status: expected.status } }),
      });
    } else {
      expect(success<RequestResponse>(outcome)).toMatchObject({ status: 200, data: 'end' });
    }
    if (expected.hops && name !== 'cross-origin secrets') expect(seen(server)).toEqual(expected.hops);
    expect(evil.connections).toBe(before);
  });

  test('across origins only harmless headers go along; within one, all of them', async () => {
    const secrets = {
      authorization: 'Bearer s',
      cookie: 'a=b',
      'x-api-key': 's',
      'x-custom': 's',
      accept: 'text/plain',
      'content-type': 'text/plain',
    };
    const heads: string[] = [];
    await using server = await startServer((socket, head) => {
      heads.push(head.slice(head.lastIndexOf('POST')));
      const next = ['/same', `http://other.good2.test:${server.port}/`][heads.length - 1];
      socket.write(next === undefined ? answer('200 OK', {}, 'end') : answer('307 Moved', { location: next }));
    });
    await using guest = createGuest({
      scopes: { request: { methods: ['POST'], urls: [`http://*.test:${server.port}/*`, `http://*:${server.port}/*`] } },
    });
    expect(
      success(await guest.request(`http://good.test:${server.port}/`, { method: 'POST', headers: secrets, body: 'x' })),
    ).toMatchObject({ data: 'end' });
    const carried = heads.map((head) => Object.keys(secrets).filter((name) => head.includes(`\r\n${name}: `)));
    expect(carried).toEqual([Object.keys(secrets), Object.keys(secrets), ['accept', 'content-type']]);
  });

  test.each([
    ['http://user@good.test/', 'credentials'],
    ['http:/good.test/', 'a missing slash'],
    ['http:///good.test/', 'a slash too many'],
    ['///good.test/', 'a slash too many, without a scheme'],
    ['/\\evil.test/', 'a backslash'],
    ['http://good .test/', 'a space in the host'],
    ['/a\x85b', 'a control character'],
    ['/v1/%2e%2e%2fadmin', 'an encoded climb'],
  ])('a location with an ambiguity is refused: %s (%s)', async (location) => {
    await using server = await startServer((socket) => socket.write(answer('302 Moved', { location })));
    await using guest = createGuest({
      scopes: {
        request: { methods: ['GET'], urls: [`http://good.test:${server.port}/v1/*`, 'http://good.test/v1/*'] },
      },
    });
    expect(failure(await guest.request(`http://good.test:${server.port}/v1/`))).toMatchObject({ code: 'E_SCOPE' });
    expect(server.connections).toBe(1);
  });

  test.each([
    ['/v1/a b?c d', '/v1/a%20b?c%20d'],
    ['a b', '/v1/a%20b'],
    ['/v1/안', '/v1/%EC%95%88'],
    ['/v1/é?é', '/v1/%C3%A9?%C3%A9'],
    ['/v1/?a\\b|{c}', '/v1/?a%5Cb%7C%7Bc%7D'],
  ])('a location with what servers refuse is encoded: %s', async (location, path) => {
    await using server = await startServer((socket, head) =>
      socket.write(
        head.includes('GET /v1/start') && !head.includes(path)
          ? Buffer.from(`HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`)
          : answer('200 OK', {}, 'end'),
      ),
    );
    await using guest = createGuest({
      scopes: { request: { methods: ['GET'], urls: [`http://good.test:${server.port}/v1/*`] } },
    });
    expect(success(await guest.request(`http://good.test:${server.port}/v1/start`))).toMatchObject({ data: 'end' });
    expect(seen(server)).toEqual(['GET /v1/start ', `GET ${path} `]);
  });

  test('a location in Latin-1 is read as such', async () => {
    await using server = await startServer((socket, head) =>
      socket.write(head.includes('%C3%A9') ? answer('200 OK', {}, 'end') : answer('302 Found', { location: '/v1/é' })),
    );
    await using guest = createGuest({
      scopes: { request: { methods: ['GET'], urls: [`http://good.test:${server.port}/v1/*`] } },
    });
    expect(success(await guest.request(`http://good.test:${server.port}/v1/`))).toMatchObject({ data: 'end' });
  });

  test('a hop to a name that resolves to a denied address is refused before any connection', async () => {
    await using target = await startServer((socket) => socket.end(answer('200 OK')));
    await using server = await startServer((socket) =>
      socket.write(answer('302 Moved', { location: `http://inner.test:${target.port}/` })),
    );
    const lookup = lookupTable({ 'inner.test': '127.0.0.2' });
    await using guest = createGuest({
      scopes: { request: { methods: ['GET'], urls: ['http://*'] } },
      request: { lookup, allowAddresses: ['127.0.0.1'] },
    });
    expect(failure(await guest.request(`http://good.test:${server.port}/`))).toMatchObject({
      code: 'E_SCOPE',
      message: 'Requested domain "inner.test" resolves to a denied IP address',
    });
    expect(target.connections).toBe(0);
  });

  test('302 after PUT keeps the method, 303 makes it GET and drops the body with its headers', async () => {
    await using server = await startServer((socket, head) => {
      if (head.includes(' /c ')) socket.write(answer('200 OK', {}, 'end'));
      else
        socket.write(
          head.includes(' /b ') ? answer('303 See Other', { location: '/c' }) : answer('302 Found', { location: '/b' }),
        );
    });
    await using guest = createGuest({
      scopes: { request: { methods: ['PUT', 'GET'], urls: [`http://good.test:${server.port}/*`] } },
    });
    expect(
      success(await guest.request(`http://good.test:${server.port}/a`, { method: 'PUT', body: { x: 1 } })),
    ).toMatchObject({ data: 'end' });
    const requests = server.received.flatMap((text) => text.split(/(?=PUT \/|GET \/)/));
    expect(requests.filter((text) => text.startsWith('PUT /b')).join()).toContain('content-type: application/json');
    expect(requests.filter((text) => text.startsWith('GET /c')).join()).not.toMatch(/^$|content-/i);
  });
});
