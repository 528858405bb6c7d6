import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';

import { defineCapability } from './capabilities/define.js';
import { extension, filter, get, operation, start, throwing } from './extensions/testing/fake-host.js';

const text = (body: Uint8Array | null | undefined): string => Buffer.from(body ?? []).toString();

describe('host.run', () => {
  test('runs one registration by its handler, whatever it is', async () => {
    await using host = await start({
      hook: { registrations: [filter('a'), filter('b', 1)], handlers: [() => 'a', (payload) => [payload]] },
      operation: { registrations: [operation('o')], handlers: [() => undefined] },
      endpoint: {
        registrations: [get('/x')],
        handlers: [(request) => ({ status: 201, body: (request as { url: string }).url })],
      },
    });
    await host.load(extension('h', 'hook', 'hook'));
    await host.load(extension('o', 'operation', 'operation'));
    await host.load(extension('e', 'endpoint', 'endpoint'));
    expect(await host.run('h', 1, 'payload')).toEqual(['payload']);
    expect(await host.run('o', 0, {})).toBeNull();
    const answer = await host.run('e', 0, { url: '/anything', headers: {}, body: {} });
    expect(answer).toMatchObject({ status: 201, body: new TextEncoder().encode('/anything') });
  });

  test.each([
    ['an extension that is not loaded', 'other', 0],
    ['a handler that there is not', 'h', 2],
  ])('refuses %s', async (_, name, handler) => {
    await using host = await start({ hook: { registrations: [filter('a')] } });
    await host.load(extension('h', 'hook', 'hook'));
    await expect(host.run(name, handler, {})).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  test('refuses an extension that was unloaded', async () => {
    await using host = await start({ hook: { registrations: [filter('a')] } });
    await host.load(extension('h', 'hook', 'hook'));
    await host.unload('h');
    await host.unload('h');
    await expect(host.run('h', 0, {})).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });
});

describe('host.endpoint', () => {
  const gone = { registrations: [get('/gone')], handlers: [() => ({ status: 404, body: 'gone' })] };

  test.each([
    ['/e/gone', 'gone'],
    ['/e/nothing', undefined],
    ['/other/gone', undefined],
  ])('%s: a 404 of the guest is an answer, a path without a route is none', async (url, body) => {
    await using host = await start({ gone });
    await host.load(extension('e', 'endpoint', 'gone'));
    const answer = await host.endpoint({ url });
    expect(answer && text(answer.body)).toBe(body);
    expect(answer?.status).toBe(body === undefined ? undefined : 404);
  });

  test.each([
    ['/e', '/'],
    ['/e?a=1', '/?a=1'],
    ['/e/x?a=/b', '/x?a=/b'],
  ])('%s reaches the handler as %s, with the parsed body', async (url, expected) => {
    await using host = await start({
      echo: { registrations: [get('/'), get('/x')], handlers: [(request) => ({ status: 200, body: request })] },
    });
    await host.load(extension('e', 'endpoint', 'echo'));
    const answer = await host.endpoint({ url, headers: { 'x-a': '1' }, body: [new Date(0)] });
    expect(JSON.parse(text(answer?.body))).toEqual({
      url: expected,
      headers: { 'x-a': '1' },
      body: ['1970-01-01T00:00:00.000Z'],
    });
  });

  test('what the guest throws is thrown', async () => {
    await using host = await start({ e: { registrations: [get('/')], handlers: [throwing(new Error('why'))] } });
    await host.load(extension('e', 'endpoint', 'e'));
    await expect(host.endpoint({ url: '/e' })).rejects.toMatchObject({ code: 'E_GUEST' });
  });
});

describe('the context of a call', () => {
  test('reaches the handlers of capabilities, and no guest', async () => {
    const seen = vi.fn<(context: object | undefined) => void>();
    const whoami = defineCapability({
      name: 'whoami',
      scope: z.object({}),
      args: z.tuple([]),
      handler: (_, { call }) => void seen(call.context),
    });
    await using host = await start(
      { hook: { registrations: [filter('a')], handlers: [(payload, use) => use('whoami').then(() => payload)] } },
      { capabilities: [whoami] },
    );
    await host.load(extension('h', 'hook', 'hook', { whoami: {} }));
    const context = { user: 'ada' };
    expect(await host.filter('a', 'payload', { context })).toBe('payload');
    expect(await host.filter('a', 'payload')).toBe('payload');
    expect(seen.mock.calls).toEqual([[context], [undefined]]);
    expect(seen.mock.calls[0]?.[0]).toBe(context);
  });

  test('has to be an object', async () => {
    await using host = await start({});
    // @ts-expect-error -- not an object
    await expect(host.filter('a', 1, { context: null })).rejects.toThrow('context');
  });
});
