import { createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { MockAgent } from 'undici';
import { describe, expect, test } from 'vitest';

import { createCapabilities } from '../../packages/host/src/capabilities/index.js';
import { gateLookup } from '../../packages/host/src/capabilities/request/connect.js';
import { AddressGate } from '../../packages/host/src/gate/index.js';
import { answer, createGuest, failure, lookupTable, startServer, success } from './harness.js';

const ok = (): Promise<Awaited<ReturnType<typeof startServer>>> =>
  startServer((socket) => socket.write(answer('200 OK', {}, 'fine')));
const everywhere = { request: { methods: ['GET'], urls: ['*'] } };

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '017700000001',
    '127.1',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    'localhost',
    'a.localhost',
  ])('a literal or local name is refused and sees no connection: %s', async (host) => {
    await using server = await ok();
    await using guest = createGuest({ scopes: everywhere, request: { lookup: lookupTable(), allowAddresses: [] } });
    const outcome = failure(await guest.request(`http://${host}:${server.port}/`));
    expect(outcome).toMatchObject({
      code: 'E_SCOPE',
      message: expect.stringMatching(/^Requested domain "[^"]+" resolves to a denied IP address$/),
    });
    expect(server.connections).toBe(0);
    expect(guest.audits).toMatchObject([
      { decision: 'denied', reason: expect.stringContaining('resolves to a denied IP address') },
    ]);
  });

  test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '169.254.169.254', '10.0.0.1', 'not-an-address', ''])(
    'a name that resolves to %j is refused and sees no connection',
    async (address) => {
      await using server = await ok();
      await using guest = createGuest({
        scopes: everywhere,
        request: { lookup: lookupTable({ 'evil.test': address }), allowAddresses: [] },
      });
      expect(failure(await guest.request(`http://evil.test:${server.port}/`))).toMatchObject({
        code: 'E_SCOPE',
        message: 'Requested domain "evil.test" resolves to a denied IP address',
      });
      expect(server.connections).toBe(0);
    },
  );

  test('corpus: CNAME to metadata name', async () => {
    const lookup = lookupTable({ 'metadata.google.internal': '169.254.169.254' });
    await using guest = createGuest({
      scopes: { request: { methods: ['GET'], urls: ['http://*'] } },
      request: { lookup },
    });
    expect(failure(await guest.request('http://metadata.google.internal/'))).toMatchObject({
      code: 'E_SCOPE',
      message: 'Requested domain "metadata.google.internal" resolves to a denied IP address',
    });
  });

  test('corpus: DNS rebinding: each connection asks once, and connects to what was checked', async () => {
    await using server = await startServer((socket) => socket.end(answer('200 OK', { connection: 'close' }, 'fine')));
    const answers = ['127.0.0.1', '127.0.0.2'];
    const lookup = lookupTable({ 'rebind.test': () => answers.shift() ?? '127.0.0.2' });
    await using guest = createGuest({ scopes: everywhere, request: { lookup, allowAddresses: ['127.0.0.1'] } });
    const url = `http://rebind.test:${server.port}/`;
    expect(success(await guest.request(url))).toMatchObject({ data: 'fine' });
    expect(failure(await guest.request(url))).toMatchObject({ code: 'E_SCOPE' });
    expect([server.connections, lookup.asked.length]).toEqual([1, 2]);
  });

  test('one denied address among the answers refuses the name, whatever the order', async () => {
    const gate = new AddressGate();
    for (const addresses of [
      ['1.1.1.1', '127.0.0.1'],
      ['127.0.0.1', '1.1.1.1'],
    ]) {
      const all = addresses.map((address) => ({ address, family: 4 }));
      const checked = gateLookup(gate, (_, __, callback) => callback(null, all));
      const error = await new Promise<Error | null>((resolve) =>
        checked('x.test', { all: true }, (cause) => resolve(cause)),
      );
      expect(error).toMatchObject({ name: 'DeniedAddressError', address: '127.0.0.1' });
    }
  });

  test('a look-up without `all` gets one address, with it all of them', async () => {
    const checked = gateLookup(new AddressGate(), (_, __, callback) => callback(null, '1.1.1.1', 4));
    const ask = (all: boolean): Promise<unknown[]> =>
      new Promise((resolve) => checked('x.test', { all }, (...answers) => resolve(answers)));
    expect(await ask(false)).toEqual([null, '1.1.1.1', 4]);
    expect(await ask(true)).toEqual([null, [{ address: '1.1.1.1', family: 4 }]]);
  });

  test('denyAddresses closes what would be open', async () => {
    await using server = await ok();
    await using guest = createGuest({
      scopes: everywhere,
      request: { lookup: lookupTable(), allowAddresses: ['127.0.0.0/8'], denyAddresses: ['127.0.0.1'] },
    });
    expect(failure(await guest.request(`http://good.test:${server.port}/`))).toMatchObject({ code: 'E_SCOPE' });
    expect(server.connections).toBe(0);
  });

  test('patterns and literal addresses are checked whatever the dispatcher', async () => {
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    const pool = dispatcher.get('https://good.test');
    pool.intercept({ path: '/a' }).reply(200, { x: 1 });
    pool.intercept({ path: '/b' }).reply(302, '', { headers: { location: 'https://127.0.0.1/' } });
    await using guest = createGuest({
      scopes: { request: { methods: ['GET'], urls: ['https://*'] } },
      request: { dispatcher, allowAddresses: [] },
    });
    expect(success(await guest.request('https://good.test/a'))).toMatchObject({ status: 200, data: { x: 1 } });
    expect(failure(await guest.request('https://good.test/b'))).toMatchObject({
      code: 'E_SCOPE',
      message: 'Requested domain "127.0.0.1" resolves to a denied IP address',
    });
    expect(failure(await guest.request('https://169.254.169.254/'))).toMatchObject({ code: 'E_SCOPE' });
    expect(failure(await guest.request('http://good.test/a'))).toMatchObject({
      code: 'E_SCOPE',
      message: 'No permission to request "http://good.test/a"',
    });
    await dispatcher.close();
  });

  test('corpus: keep-alive reuse: one extension keeps its connection, another gets its own, cookies stay nowhere', async () => {
    await using server = await startServer((socket) => socket.write(answer('200 OK', { 'set-cookie': 'a=b' }, 'fine')));
    const capabilities = createCapabilities({ request: { lookup: lookupTable(), allowAddresses: ['127.0.0.1'] } });
    const url = `http://good.test:${server.port}/`;
    const scopes = { request: { methods: ['GET'], urls: [`http://good.test:${server.port}/*`] } };
    for (const extension of ['one', 'one', 'two']) {
      success(await createGuest({ extension, scopes, capabilities }).request(url));
      await setImmediate(); // undici gives a connection back one turn after its response
    }
    expect(server.connections).toBe(2);
    expect(server.received.map((text) => text.split('GET /').length - 1)).toEqual([2, 1]);
    expect(server.received.join('')).not.toMatch(/cookie/i);
    await capabilities.releaseExtension('one');
    success(await createGuest({ extension: 'one', scopes, capabilities }).request(url));
    expect(server.connections).toBe(3);
    await capabilities.close();
  });

  test('a proxy in the environment is not used', async () => {
    await using proxy = await ok();
    await using server = await ok();
    const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'] as const;
    const before = names.map((name) => process.env[name]);
    try {
      for (const name of names)
        process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${proxy.port}`;
      await using guest = createGuest({ scopes: everywhere });
      success(await guest.request(`http://good.test:${server.port}/`));
    } finally {
      names.forEach((name, index) => {
        if (before[index] === undefined) delete process.env[name];
        else process.env[name] = before[index];
      });
    }
    expect([proxy.connections, server.connections]).toEqual([0, 1]);
  });

  test('a refused connection says so, and no address; the audit has the cause', async () => {
    const unused = createServer();
    await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve));
    const address = unused.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await new Promise((resolve) => unused.close(resolve));
    await using guest = createGuest({ scopes: everywhere });
    expect(failure(await guest.request(`http://good.test:${port}/`))).toEqual({
      name: 'Error',
      message: `Request to "good.test:${port}" failed: connection refused`,
      properties: { code: 'ECONNREFUSED' },
      code: 'E_NETWORK',
    });
    expect(guest.audits).toMatchObject([{ decision: 'allowed', reason: expect.stringContaining('ECONNREFUSED') }]);
  });
});
