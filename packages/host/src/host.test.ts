import { type Registration, SandglassError } from '@sandglass/core';
import { describe, expect, test, vi } from 'vitest';

import {
  action,
  deferred,
  extension,
  fetchText,
  filter,
  get,
  type OnError,
  operation,
  start,
  throwing,
} from './extensions/testing/fake-host.js';

describe('createHost', () => {
  test('an endpoint answers at its package name', async () => {
    await using host = await start({
      v1: { registrations: [get('/a')], handlers: [(request) => ({ status: 200, body: request })] },
    });
    await host.load(extension('@acme/e', 'endpoint', 'v1'));
    const [status, text] = await fetchText(host, '/@acme/e/A?x=1');
    expect([status, JSON.parse(text)]).toEqual([200, { url: '/A?x=1', headers: { host: 'host.test' }, body: {} }]);
    expect(await fetchText(host, '/@acme/e/b')).toEqual([404, expect.stringContaining('ROUTE_NOT_FOUND')]);
  });

  test.each([
    ['a throw', throwing(new Error('secret')), 'secret'],
    ['an invalid status', () => ({ status: 99 }), 'status'],
    ['a body that cannot be serialised', () => ({ status: 200, body: 1n }), 'BigInt'],
  ])('%s of an endpoint is a 500 to the client and the real error to onError', async (_, handler, reason) => {
    const onError = vi.fn<OnError>();
    await using host = await start({ v1: { registrations: [get('/')], handlers: [handler] } }, { onError });
    await host.load(extension('e', 'endpoint', 'v1'));
    expect(await fetchText(host, '/e')).toEqual([
      500,
      '{"errors":[{"message":"An unexpected error occurred.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}',
    ]);
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: expect.stringContaining(reason) }),
      expect.objectContaining({ extension: 'e' }),
    );
  });

  test('the client’s own mistakes are not told to onError', async () => {
    const onError = vi.fn<OnError>();
    await using host = await start(
      { v1: { registrations: [{ ...get('/'), method: 'POST' } as Registration] } },
      { onError, maxBodyBytes: 3 },
    );
    await host.load(extension('e', 'endpoint', 'v1'));
    const post = (body: string): Promise<Response> =>
      host.fetch(new Request('http://h/e', { method: 'POST', body, headers: { 'content-type': 'application/json' } }));
    expect([
      (await post('{x')).status,
      (await post('{"a":1}')).status,
      (await host.fetch(new Request('http://h/nowhere'))).status,
    ]).toEqual([400, 413, 404]);
    expect(onError).not.toHaveBeenCalled();
  });

  test('a request that its client gave up is answered with 499', async () => {
    const client = new AbortController();
    const handler = (): never => {
      client.abort();
      throw new SandglassError('E_ABORTED', 'x');
    };
    await using host = await start({ v1: { registrations: [get('/')], handlers: [handler] } });
    await host.load(extension('e', 'endpoint', 'v1'));
    expect((await host.fetch(new Request('http://h/e', { signal: client.signal }))).status).toBe(499);
  });

  test('filters run in the order of registration across extensions; undefined keeps, null replaces', async () => {
    const seen: unknown[] = [];
    await using host = await start({
      one: {
        registrations: [filter('items.*'), filter('items.create', 1)],
        handlers: [(p) => (p as number) + 1, (p) => void seen.push(p)],
      },
      two: { registrations: [filter('*.create'), filter('gone')], handlers: [(p) => (seen.push(p), null)] },
    });
    await host.load(extension('b', 'hook', 'one'));
    await host.load(extension('a', 'hook', 'two'));
    expect(await host.filter('items.create', 1)).toBeNull();
    expect(seen).toEqual([2, 2]);
    expect(await host.filter('unheard.of', 'as it was')).toBe('as it was');
  });

  test('a filter that throws rejects, and the next does not run', async () => {
    const next = vi.fn<() => void>();
    await using host = await start({
      v1: {
        registrations: [filter('x'), filter('x', 1)],
        handlers: [throwing(new Error('no')), next],
      },
    });
    await host.load(extension('h', 'hook', 'v1'));
    await expect(host.filter('x', 1)).rejects.toMatchObject({
      code: 'E_GUEST',
      extension: 'h',
      cause: expect.objectContaining({ message: 'no' }),
    });
    expect(next).not.toHaveBeenCalled();
  });

  test('actions run side by side; failures are told to onError, never thrown', async () => {
    const onError = vi.fn<OnError>();
    const { promise, resolve } = deferred<void>();
    const first = vi.fn<() => Promise<void>>(() => promise);
    const second = vi.fn<() => never>(() => {
      resolve();
      throw new Error('broken');
    }); // would never run if the first were awaited
    await using host = await start(
      { v1: { registrations: [action('**'), action('items.create', 1)], handlers: [first, second] } },
      { onError },
    );
    await host.load(extension('h', 'hook', 'v1'));
    await host.action('items.create', { key: 5 });
    expect(first).toHaveBeenCalledWith({ event: 'items.create', key: 5 }, expect.anything());
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        message: 'An error was thrown while executing action "items.create"',
        cause: expect.objectContaining({ message: 'Error: broken' }),
      }),
      { extension: 'h', event: 'items.create', callId: expect.any(Number) },
    );
  });

  test.each([
    [undefined, null],
    [{ at: new Date(0), gone: undefined }, { at: '1970-01-01T00:00:00.000Z' }],
    [
      [1, 'x'],
      [1, 'x'],
    ],
  ])('an operation that returns %o resolves to %o', async (returned, expected) => {
    await using host = await start({ v1: { registrations: [operation('op')], handlers: [() => returned] } });
    await host.load(extension('o', 'operation', 'v1'));
    expect(await host.operation('op', {})).toEqual(expected);
  });

  test('an operation gets its options only, {} if none are given', async () => {
    await using host = await start({
      v1: { registrations: [operation('op')], handlers: [(options) => ({ options })] },
    });
    await host.load(extension('o', 'operation', 'v1'));
    expect([await host.operation('op', { a: 1 }), await host.operation('op')]).toEqual([
      { options: { a: 1 } },
      { options: {} },
    ]);
  });

  test.each([
    ['a string of JSON', '{"reason":"x"}', { reason: 'x' }],
    ['another string', 'plain', 'plain'],
    ['a number', 5, 5],
  ])('an operation that throws %s rejects with that as cause', async (_, thrown, cause) => {
    await using host = await start({ v1: { registrations: [operation('op')], handlers: [throwing(thrown)] } });
    await host.load(extension('o', 'operation', 'v1'));
    await expect(host.operation('op')).rejects.toMatchObject({ code: 'E_GUEST', extension: 'o', cause });
  });

  test.each([
    ['a BigInt', { big: 1n }, 'E_CLONE'],
    ['a cycle', [null] as unknown[], 'E_CLONE'],
  ])('an operation whose result holds %s rejects', async (_, value, code) => {
    if (Array.isArray(value)) value[0] = value;
    await using host = await start({ v1: { registrations: [operation('op')], handlers: [() => value] } });
    await host.load(extension('o', 'operation', 'v1'));
    await expect(host.operation('op')).rejects.toMatchObject({ code, extension: 'o' });
  });

  test('an argument that cannot be copied, or is too large, is refused before any sandbox sees it', async () => {
    const handler = vi.fn<() => void>();
    await using host = await start(
      { v1: { registrations: [operation('op')], handlers: [handler] } },
      { limits: { maxArgumentBytes: 100 } },
    );
    await host.load(extension('o', 'operation', 'v1'));
    await expect(host.operation('op', { f: () => {} })).rejects.toMatchObject({ code: 'E_CLONE' });
    await expect(host.operation('op', 'x'.repeat(200))).rejects.toMatchObject({
      code: 'E_QUOTA',
      limit: { name: 'maxArgumentBytes', value: 100 },
    });
    expect(handler).not.toHaveBeenCalled();
  });

  test('an unknown operation or extension is E_NOT_FOUND', async () => {
    await using host = await start({});
    await expect(host.operation('toString')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    await expect(host.reload('nobody')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    await expect(host.unload('nobody')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  test('the event that an action gets is the one that happened, whatever its meta calls so', async () => {
    const seen: unknown[] = [];
    await using host = await start({ v1: { registrations: [action('x')], handlers: [(meta) => seen.push(meta)] } });
    await host.load(extension('h', 'hook', 'v1'));
    await host.action('x', { event: 'y', key: 1 });
    expect(seen).toEqual([{ event: 'x', key: 1 }]);
    expect(Object.keys(seen[0] as object)).toEqual(['event', 'key']);
  });
});
