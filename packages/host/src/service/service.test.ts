import { SandglassError } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import type { Host } from '../host.js';
import type { ServiceOptions } from './contract.js';
import { createService } from './service.js';
import { mergeStats } from './processes/merge-stats.js';
import { createStatus } from './status/status.js';
import { countTurns } from '../time/testing/count-turns.js';
import { createFakeHost, createFakeInfo } from './testing/fake-host.js';

const TOKEN = 'a-token-of-some-length';

function ask(
  path: string,
  { host = createFakeHost(), init, ...options }: ServiceOptions & { host?: Host; init?: RequestInit } = {},
): Promise<Response> {
  return createService(host, options).fetch(new Request(`http://localhost${path}`, init));
}

const post = (body: unknown, token = TOKEN): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { authorization: `Bearer ${token}` },
});

describe('createService', () => {
  test('hands everything outside its own prefix to the endpoints', async () => {
    for (const path of ['/hello', '/_sandglassy/health', '/']) expect(await (await ask(path)).text()).toBe('endpoint');
  });

  test.each(['/%5Fsandglass/metrics', '/_s%61ndglass', '/_%53andglass/status/data'])(
    'refuses its prefix as %s',
    async (path) => {
      expect((await ask(path)).status).toBe(400);
    },
  );

  test('tells health and readiness apart while draining, and ends connections then', async () => {
    const service = createService(createFakeHost());
    const get = (path: string): Promise<Response> => service.fetch(new Request(`http://localhost/_sandglass${path}`));
    expect([(await get('/health')).status, (await get('/ready')).status]).toEqual([200, 200]);
    service.drain();
    expect([(await get('/health')).status, (await get('/ready')).status]).toEqual([200, 503]);
    expect((await get('/health')).headers.get('connection')).toBe('close');
  });

  test('answers 503 beyond the requests that may be under way, and health still', async () => {
    let release = (): void => {};
    const host = createFakeHost({
      fetch: () => new Promise((resolve) => (release = () => resolve(new Response('late')))),
    });
    const service = createService(host, { maxConcurrentRequests: 1 });
    const request = (path: string): Promise<Response> => service.fetch(new Request(`http://localhost${path}`));
    const first = request('/hello');
    const second = await request('/hello');
    expect(second.status).toBe(503);
    expect(second.headers.get('retry-after')).toBe('1');
    expect((await request('/_sandglass/health')).status).toBe(200);
    release();
    expect(await (await first).text()).toBe('late');
    expect(service.counts).toMatchObject({
      inFlight: 0,
      refused: 1,
      responses: new Map([
        [503, 1],
        [200, 2],
      ]),
    });
  });

  test.each(['/operations/x', '/filters/x', '/actions/x'])('keeps %s closed without a token', async (path) => {
    expect((await ask(`/_sandglass${path}`, { init: post({}) })).status).toBe(404);
  });

  test.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer nope' }],
    ['a prefix', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['another scheme', { authorization: `Digest ${TOKEN}` }],
  ])('asks for the token if there is %s', async (_what, headers: Record<string, string>) => {
    const response = await ask('/_sandglass/operations/x', { token: TOKEN, init: { method: 'POST', headers } });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
  });

  test('runs operations, filters and actions with the body as their argument', async () => {
    const calls: unknown[] = [];
    const record = (kind: string) => (name: string, argument: unknown) => {
      calls.push([kind, name, argument]);
      return Promise.resolve(kind === 'action' ? undefined : { from: kind });
    };
    const host = createFakeHost({
      operation: record('operation'),
      filter: record('filter'),
      action: record('action') as Host['action'],
    });
    const answers = await Promise.all([
      ask('/_sandglass/operations/send%20mail', { host, token: TOKEN, init: post({ to: 'x' }) }),
      ask('/_sandglass/filters/items.create', { host, token: TOKEN, init: post([1]) }),
      ask('/_sandglass/actions/items.create', { host, token: TOKEN, init: post({ key: 1 }) }),
    ]);
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([
      { value: { from: 'operation' } },
      { value: { from: 'filter' } },
      { value: null },
    ]);
    expect(calls).toEqual([
      ['operation', 'send mail', { to: 'x' }],
      ['filter', 'items.create', [1]],
      ['action', 'items.create', { key: 1 }],
    ]);
  });

  test('writes a large result in turns of the event loop, and answers with all of it', async () => {
    const value = Array.from({ length: 300_000 }, (_, i) => i);
    const host = createFakeHost({ operation: () => Promise.resolve(value) });
    const [turns, response] = await countTurns(() =>
      ask('/_sandglass/operations/x', { host, token: TOKEN, init: post({}) }),
    );
    expect(turns).toBeGreaterThan(20);
    const text = await response.text();
    expect(response.headers.get('content-length')).toBe(String(text.length));
    expect(text).toBe(JSON.stringify({ value }));
  });

  test('checks, parses and hands over a long argument in turns of the event loop', async () => {
    const turnsUntilCalled = async (argument: unknown): Promise<number> => {
      const call = (called: () => void): void => {
        const host = createFakeHost({ operation: () => Promise.resolve(called()) });
        void ask('/_sandglass/operations/x', { host, token: TOKEN, init: post(argument) });
      };
      const [turns] = await countTurns(() => new Promise<void>(call));
      return turns;
    };
    const short = await turnsUntilCalled({});
    expect(await turnsUntilCalled(Array.from({ length: 10_000 }, () => []))).toBeGreaterThanOrEqual(short + 3);
  });

  test("gives the calling host the whole error, with the code's status", async () => {
    const cause = Object.assign(new Error('no'), { stack: 'at x' });
    const error = new SandglassError('E_GUEST', 'no', { cause, extension: 'mailer', callId: 7 });
    const response = await ask('/_sandglass/operations/x', {
      host: createFakeHost({ operation: () => Promise.reject(error) }),
      token: TOKEN,
      init: post({}),
    });
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      error: {
        code: 'E_GUEST',
        extension: 'mailer',
        callId: 7,
        fault: 'extension',
        retry: false,
        thrown: { name: 'Error', message: 'no', stack: 'at x' },
      },
    });
  });

  test.each<[string, RequestInit, ServiceOptions, number]>([
    ['a body that is not JSON', { ...post({}), body: '{' }, {}, 400],
    ['a body that is too large', post('x'.repeat(100)), { maxBodyBytes: 50 }, 413],
    ['a method other than POST', { ...post({}), method: 'PUT' }, {}, 405],
  ])('refuses %s', async (_what, init, options, status) => {
    expect((await ask('/_sandglass/operations/x', { token: TOKEN, init, ...options })).status).toBe(status);
  });

  test('answers 500 instead of rejecting, whatever a host does', async () => {
    expect(
      (await ask('/hello', { host: createFakeHost({ fetch: () => Promise.reject(new Error('bug')) }) })).status,
    ).toBe(500);
  });

  test('has no status page unless it is given one, and shows it to the bearer of the token only', async () => {
    expect((await ask('/_sandglass/status')).status).toBe(404);
    const monitor = createStatus();
    const status = monitor.attach(createFakeHost());
    const basic = { headers: { authorization: `Basic ${Buffer.from(`me:${TOKEN}`).toString('base64')}` } };
    expect((await ask('/_sandglass/status', { status })).status).toBe(200);
    expect((await ask('/_sandglass/status/data', { status, token: TOKEN })).status).toBe(401);
    expect((await ask('/_sandglass/status/data', { status, token: TOKEN, init: basic })).status).toBe(200);
    expect((await ask('/_sandglass/status/nope', { status })).status).toBe(404);
    monitor.close();
  });

  test('serves metrics that Prometheus can read', async () => {
    const response = await ask('/_sandglass/metrics');
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    for (const line of (await response.text()).trim().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{.*\})? [0-9.e+-]+)$/);
  });

  test('reads the counters of ten thousand extensions in turns, of one that is reloaded the newer', async () => {
    const extensions = Array.from({ length: 10_000 }, (_, i) => createFakeInfo({ name: `e${i}` }));
    const count = (name: string, id: number) => Object.assign(mergeStats([]), { id, name, lanes: 1, refused: id });
    const stats = (names: readonly string[] = []) => ({
      ...mergeStats([]),
      extensions: names.flatMap((name) => [count(name, 1), count(name, 2)]),
    });
    const asked = ask('/_sandglass/metrics', { host: createFakeHost({ extensions, stats }) });
    const [turns, text] = await countTurns(async () => (await asked).text());
    expect(turns).toBeGreaterThan(100);
    expect(text.match(/^sandglass_calls_refused_total\{extension="e\d+"\} 2$/gm)).toHaveLength(10_000);
  });

  test('serves no metrics if told so', async () => {
    expect((await ask('/_sandglass/metrics', { metrics: false })).status).toBe(404);
  });

  test('shows metrics to the bearers of either token, which opens nothing else', async () => {
    const metricsToken = 'a-token-for-the-scraper';
    const options = { token: TOKEN, metricsToken };
    const get = async (given: string): Promise<number> =>
      (await ask('/_sandglass/metrics', { ...options, init: { headers: { authorization: `Bearer ${given}` } } }))
        .status;
    expect([await get('nope'), await get(metricsToken), await get(TOKEN)]).toEqual([401, 200, 200]);
    expect((await ask('/_sandglass/metrics', options)).headers.get('www-authenticate')).toContain('Bearer');
    expect((await ask('/_sandglass/operations/x', { ...options, init: post({}, metricsToken) })).status).toBe(401);
    for (const path of ['/health', '/ready']) expect((await ask(`/_sandglass${path}`, options)).status).toBe(200);
  });

  test('reloads all extensions for the bearer of the token, and tells what became of each', async () => {
    const host = createFakeHost({
      extensions: [createFakeInfo({ name: 'a' }), createFakeInfo({ name: 'b' })],
      reload: (name) => (name === 'a' ? Promise.resolve(createFakeInfo({ name })) : Promise.reject(new Error('no'))),
    });
    const response = await ask('/_sandglass/reload', { host, token: TOKEN, init: post({}) });
    expect(await response.json()).toEqual({ value: { reloaded: ['a'], failed: [{ name: 'b', message: 'no' }] } });
    expect(
      (await ask('/_sandglass/reload', { host, token: TOKEN, init: post({}, 'another-token-of-length') })).status,
    ).toBe(401);
    expect((await ask('/_sandglass/reload', { host, init: post({}) })).status).toBe(404);
  });

  test('reloads one extension, for its own page too, but for no page of another site', async () => {
    const reloaded: string[] = [];
    const host = createFakeHost({
      extensions: [createFakeInfo({ name: '@acme/a' }), createFakeInfo({ name: 'b' })],
      reload: (name) => Promise.resolve(createFakeInfo({ name: reloaded[reloaded.push(name) - 1] ?? '' })),
    });
    const basic = `Basic ${Buffer.from(`me:${TOKEN}`).toString('base64')}`;
    const reload = async (headers: Record<string, string>): Promise<Response> =>
      ask('/_sandglass/reload/%40acme%2Fa', { host, token: TOKEN, init: { method: 'POST', headers } });
    // as a form of another site sends it
    expect((await reload({ authorization: basic })).status).toBe(401);
    expect(reloaded).toEqual([]);
    const response = await reload({ authorization: basic, 'x-requested-with': 'sandglass' });
    expect(await response.json()).toEqual({ value: { reloaded: ['@acme/a'], failed: [] } });
    expect((await reload({ authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    expect(reloaded).toEqual(['@acme/a', '@acme/a']);
  });
});
