import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type AwsLambdaEvent, invokeLambdaHandler } from 'srvx/aws-lambda';
import { describe, expect, test, vi } from 'vitest';

import { toAzureHandler } from './azure.js';
import { toGoogleHandler } from './google.js';
import type { HostSource } from './contract.js';
import { toLambdaHandler } from './lambda.js';
import { FakeHost } from './testing/fake-host.js';
import type { HttpOptions } from './contract.js';
import { toNodeHandler } from './node.js';
import { toWebHandler } from './web.js';

/** Sends a request as the platform does, and reads the answer as it does. */
type Send = (source: HostSource, request: Request, options?: HttpOptions) => Promise<Response>;

const sendToLambda: Send = async (source, request, options) => {
  const handler = toLambdaHandler(source, options);
  let isEmpty = false;
  const answer = await invokeLambdaHandler(async (event, context) => {
    const result = await handler(event, context);
    isEmpty = result.statusCode === 204; // srvx cannot turn this one back into a response
    return isEmpty ? { ...result, statusCode: 200 } : result;
  }, request);
  return isEmpty ? new Response(null, { status: 204 }) : answer;
};

const sendToAzure: Send = async (source, request, options) => {
  const { method, url, headers, body } = request;
  const handle = toAzureHandler(source, { basePath: '', ...options });
  const answer = await handle({ method, url, headers, body });
  return new Response(answer.body ?? null, answer);
};

const sendToNode =
  (make: typeof toNodeHandler): Send =>
  async (source, request, options) => {
    const server = createServer(make(source, options)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { pathname, search } = new URL(request.url);
      const { port } = server.address() as AddressInfo;
      const { method, headers } = request;
      const body = request.body && (await request.text());
      const answer = await fetch(`http://127.0.0.1:${port}${pathname}${search}`, { method, headers, body });
      return new Response(answer.status === 204 ? null : await answer.arrayBuffer(), answer);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };

const sendToGoogle = sendToNode(toGoogleHandler);

const adapters: [string, Send][] = [
  ['web', (source, request, options) => toWebHandler(source, options)(request)],
  ['node', sendToNode(toNodeHandler)],
  ['lambda', sendToLambda],
  ['google', sendToGoogle],
  ['azure', sendToAzure],
];

/** What the adapter reads of a request's context. */
const contextOf = (method: string): AwsLambdaEvent['requestContext'] =>
  ({ http: { method } }) as AwsLambdaEvent['requestContext'];

const event: AwsLambdaEvent = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/items',
  rawQueryString: '',
  headers: { host: 'localhost' },
  requestContext: contextOf('GET'),
  isBase64Encoded: false,
};

const elb = { requestContext: { elb: { targetGroupArn: 'arn' } }, httpMethod: 'GET', path: '/e', body: '' };
const rest = {
  ...{ path: '/e', httpMethod: 'GET', headers: { Host: 'h' }, multiValueHeaders: null, body: null },
  ...{ queryStringParameters: null, multiValueQueryStringParameters: null, requestContext: { stage: 'prod' } },
};

describe('adapters of HTTP', () => {
  describe.each(adapters)('the %s adapter', (_name, send) => {
    test('hands on method, path, query, headers and body', async () => {
      const request = new Request('http://localhost/shop/items?a=1&a=2', {
        method: 'POST',
        headers: { 'x-test': 'yes', 'content-type': 'application/json' },
        body: '{"ü":1}',
      });
      const response = await send(new FakeHost(), request);
      expect(response.status).toBe(201);
      expect(await response.json()).toEqual({
        method: 'POST',
        path: '/shop/items?a=1&a=2',
        test: 'yes',
        body: '{"ü":1}',
      });
      expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    });

    test('gives back an empty body', async () => {
      const response = await send(new FakeHost(), new Request('http://localhost/empty'));
      expect([response.status, await response.text()]).toEqual([204, '']);
    });

    test('gives back bytes that are no text', async () => {
      const response = await send(new FakeHost(), new Request('http://localhost/bytes'));
      expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 128]);
      expect(response.headers.get('content-type')).toBe('image/png');
    });

    test.each([
      ['/fn/items?a=1', '/items?a=1'],
      ['/fn', '/'],
      ['/fnord/items', '/fnord/items'],
    ])('takes the base path off %s', async (path, expected) => {
      const request = new Request(`http://localhost${path}`, { method: 'PUT', body: 'text' });
      const response = await send(new FakeHost(), request, { basePath: '/fn/' });
      expect(await response.json()).toMatchObject({ path: expected, body: 'text', method: 'PUT' });
    });

    test('limits calls to wallTimeMs', async () => {
      const host = new FakeHost();
      await send(host, new Request('http://localhost/'), { wallTimeMs: 300 });
      expect(host.asked).toEqual([{ name: 'fetch', argument: '/', call: { wallTimeMs: 300 } }]);
    });
  });

  test.each([
    ['less than the option', 5_000, { wallTimeMs: 9_000 }, 4_750],
    ['more than the option', 50_000, { wallTimeMs: 9_000 }, 9_000],
    ['less than the reserve', 100, {}, 1],
  ])('a call on Lambda is limited when the time left is %s', async (_name, leftMs, options, wallTimeMs) => {
    const host = new FakeHost();
    await toLambdaHandler(host, options)(event, { getRemainingTimeInMillis: () => leftMs });
    expect(host.asked).toEqual([{ name: 'fetch', argument: '/items', call: { wallTimeMs } }]);
  });

  test('time that making the host took is not given to the call', async () => {
    let leftMs = 3_000;
    const host = new FakeHost();
    const create = (): FakeHost => {
      leftMs = 1_000;
      return host;
    };
    await toLambdaHandler(create)(event, { getRemainingTimeInMillis: () => leftMs });
    expect(host.asked[0]?.call).toEqual({ wallTimeMs: 750 });
  });

  test('Lambda answers 400 to an event that is no request of fetch', async () => {
    const handler = toLambdaHandler(new FakeHost());
    expect(await handler({ ...event, requestContext: contextOf('TRACE') }, {})).toMatchObject({ statusCode: 400 });
  });

  test.each<[string, object, string, string | null]>([
    [
      'a load balancer, its query encoded',
      { ...elb, headers: { host: 'h' }, queryStringParameters: { q: 'a%20b%2Fc' } },
      '/e?q=a%20b%2Fc',
      null,
    ],
    [
      'a load balancer with lists',
      {
        ...elb,
        multiValueHeaders: { host: ['h'], 'x-test': ['1', '2'] },
        multiValueQueryStringParameters: { q: ['1', '2'] },
      },
      '/e?q=1&q=2',
      '1, 2',
    ],
    ['a REST API', { ...rest, headers: { 'X-Test': '2' }, multiValueHeaders: { 'X-Test': ['1', '2'] } }, '/e', '1, 2'],
    [
      'a REST API, its query decoded',
      { ...rest, queryStringParameters: { q: 'a b/c&' }, multiValueQueryStringParameters: { q: ['a b/c&', ''] } },
      '/e?q=a%20b%2Fc%26&q',
      null,
    ],
    ['the Test button of the console', { ...rest, headers: null }, '/e', null],
  ])('Lambda reads the event of %s', async (_, given, path, header) => {
    const { statusCode, body = '' } = await toLambdaHandler(new FakeHost())(given as AwsLambdaEvent, {});
    expect([statusCode, JSON.parse(body)]).toEqual([201, { method: 'GET', path, test: header, body: '' }]);
  });

  test('Lambda answers a load balancer that sends lists in lists', async () => {
    const given = { ...elb, multiValueHeaders: { host: ['h'] } } as unknown as AwsLambdaEvent;
    const { headers, multiValueHeaders } = await toLambdaHandler(new FakeHost())(given, {});
    expect(headers).toBeUndefined();
    expect(multiValueHeaders).toEqual({ 'content-type': ['application/json'], 'set-cookie': ['a=1', 'b=2'] });
  });

  test.each([
    ['text', { body: '{"a":1}' }],
    ['base64', { body: Buffer.from('{"a":1}').toString('base64'), isBase64Encoded: true }],
  ])('a GET has its body on Lambda, %s, behind a base path too', async (_, body) => {
    for (const basePath of ['', '/items']) {
      const host = new FakeHost();
      const seen: string[] = [];
      host.fetch = async (request) => {
        for await (const chunk of request.body ?? []) seen.push(Buffer.from(chunk).toString());
        return new Response();
      };
      await toLambdaHandler(host, { basePath })({ ...event, ...body }, {});
      expect(seen).toEqual(['{"a":1}']);
    }
  });

  test('Lambda reads a body in base64', async () => {
    const body = Buffer.from('hällo').toString('base64');
    const result = await toLambdaHandler(new FakeHost())(
      { ...event, body, isBase64Encoded: true, requestContext: contextOf('POST') },
      {},
    );
    expect(JSON.parse(result.body ?? '')).toMatchObject({ body: 'hällo' });
  });

  test.each([
    ['Google', sendToGoogle],
    ['Node', sendToNode(toNodeHandler)],
  ])('%s answers 503 while the host cannot be made, and says why in one line', async (_name, send) => {
    const stderr = vi.spyOn(console, 'error').mockImplementation(() => {});
    const fails = (): never => {
      throw new Error('no such\nfolder');
    };
    expect((await send(fails, new Request('http://localhost/'))).status).toBe(503);
    expect(stderr.mock.calls).toEqual([['sandglass: cannot make the host: Error: no such\\nfolder']]);
    stderr.mockRestore();
  });

  test.each(['TRACE /a/b', 'GET /a/../b', 'GET /a/%2e%2e/b'])('Node answers 400 to %s', async (line) => {
    const server = createServer(toNodeHandler(new FakeHost(), { basePath: '/a' })).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const [method = '', path = ''] = line.split(' ');
    const sent = httpRequest({ port: (server.address() as AddressInfo).port, method, path }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(400);
    server.closeAllConnections();
    server.close();
  });

  test('a base path has to begin with a slash', () => {
    expect(() => toWebHandler(new FakeHost(), { basePath: 'api' })).toThrow(TypeError);
  });

  test('the base path of Azure is /api', async () => {
    const host = new FakeHost();
    await toAzureHandler(host)(new Request('http://localhost/api/items'));
    expect(host.asked[0]?.argument).toBe('/items');
  });

  test.each(adapters.slice(2))('the %s adapter answers when nothing is left to be done', async (_name, send) => {
    const host = new FakeHost();
    let resolve!: () => void;
    host.left = new Promise((done) => (resolve = done));
    let isAnswered = false;
    const answer = send(host, new Request('http://localhost/')).then((response) => {
      isAnswered = true;
      return response;
    });
    await vi.waitUntil(() => host.asked.length > 0);
    for (let i = 0; i < 10; i++) await new Promise((turn) => setImmediate(turn));
    expect(isAnswered).toBe(false);
    resolve();
    expect((await answer).status).toBe(201);
  });

  test('the web adapter hands what is left to the platform, its own context or that of Vercel', async () => {
    const host = new FakeHost();
    host.left = Promise.resolve();
    const given: unknown[] = [];
    const context = { waitUntil: (end: Promise<void>) => given.push(end) };
    const handle = toWebHandler(host);
    await handle(new Request('http://localhost/'), context);
    const global = globalThis as Record<symbol, unknown>;
    global[Symbol.for('@vercel/request-context')] = { get: () => context };
    await handle(new Request('http://localhost/'));
    delete global[Symbol.for('@vercel/request-context')];
    await handle(new Request('http://localhost/'), { remoteAddr: {} }); // Deno's
    expect(given).toEqual([host.left, host.left]);
  });
});
