import type { Registration } from '@sandglass/core';
import { describe, expect, test, vi } from 'vitest';

import {
  deferred,
  extension,
  fetchText,
  filter,
  get,
  operation,
  packageJson,
  start,
  throwing,
} from './extensions/testing/fake-host.js';
import type { FakeGuest } from './extensions/testing/fake-pool.js';

describe('reloading an extension', () => {
  test('a reload changes over at once; calls in flight finish on the old code', async () => {
    const { promise, resolve } = deferred<string>();
    const guests: Record<string, FakeGuest> = {
      v1: { registrations: [operation('op')], handlers: [async () => `old ${await promise}`] },
      v2: { registrations: [operation('op')], handlers: [() => 'new'] },
    };
    const source = extension('o', 'operation', 'v1');
    await using host = await start(guests);
    await host.load(source);
    const inFlight = host.operation('op');
    source.source = 'v2';
    expect(await host.reload('o')).toMatchObject({ state: 'ready' });
    expect(await host.operation('op')).toBe('new');
    expect(host.pool.unloaded).toEqual([]);
    resolve('result');
    expect(await inFlight).toBe('old result');
    await vi.waitFor(() => expect(host.pool.unloaded).toHaveLength(1));
  });

  test('a request whose body is still being read when a reload comes is answered by the old code', async () => {
    const post = (handler: () => unknown): FakeGuest => ({
      registrations: [{ ...get('/'), method: 'POST' } as Registration],
      handlers: [handler],
    });
    const source = extension('e', 'endpoint', 'v1');
    await using host = await start({
      v1: post(() => ({ status: 200, body: 'old' })),
      v2: post(() => ({ status: 200, body: 'new' })),
    });
    await host.load(source);
    let body!: ReadableStreamDefaultController<Uint8Array>;
    const stream = new ReadableStream<Uint8Array>({ start: (controller) => void (body = controller) });
    const init = {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit;
    const answer = host.fetch(new Request('http://h/e', init));
    source.source = 'v2';
    await host.reload('e');
    body.enqueue(new TextEncoder().encode('{}'));
    body.close();
    expect(await (await answer).text()).toBe('old');
  });

  test('a filter further down the row runs, though its extension was unloaded while one before it ran', async () => {
    const { promise, resolve } = deferred<number>();
    await using host = await start({
      one: { registrations: [filter('x')], handlers: [() => promise] },
      two: { registrations: [filter('x')], handlers: [(p) => (p as number) + 1] },
    });
    await host.load(extension('one', 'hook', 'one'));
    await host.load(extension('two', 'hook', 'two'));
    const result = host.filter('x', 0);
    const unloading = host.unload('two');
    await vi.waitFor(() => expect(host.extensions.at(-1)).toMatchObject({ name: 'two', state: 'unloading' }));
    resolve(1);
    expect(await result).toBe(2);
    await unloading;
    expect(await host.filter('x', 0)).toBe(1);
  });

  test('a reload that fails keeps the old code', async () => {
    const source = extension('o', 'operation', 'v1');
    await using host = await start({
      v1: { registrations: [operation('op')], handlers: [() => 'old'] },
      other: { registrations: [operation('taken')] },
    });
    await host.load(source);
    await host.load(extension('p', 'operation', 'other'));
    for (const broken of ['none', 'other']) {
      source.source = broken;
      await expect(host.reload('o')).rejects.toMatchObject({ code: 'E_LOAD' });
    }
    source.manifest = packageJson('renamed', 'operation');
    await expect(host.reload('o')).rejects.toMatchObject({ code: 'E_MANIFEST' });
    expect(await host.operation('op')).toBe('old');
  });

  test('what is unloaded is gone, and may be loaded again', async () => {
    await using host = await start({ v1: { registrations: [operation('op')], handlers: [() => 1] } });
    await host.load(extension('o', 'operation', 'v1'));
    await host.unload('o');
    expect(host.extensions).toEqual([]);
    await expect(host.operation('op')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    await host.load(extension('o', 'operation', 'v1'));
    expect(await host.operation('op')).toBe(1);
  });

  test('after close everything is E_CLOSED, a request a 503', async () => {
    const host = await start({ v1: { registrations: [operation('op')] } });
    await host.load(extension('o', 'operation', 'v1'));
    await Promise.all([host.close(), host.close()]);
    expect(host.pool.isClosed()).toBe(true);
    const calls = [
      host.load(extension('p', 'operation', 'v1')),
      host.reload('o'),
      host.unload('o'),
      host.operation('op'),
      host.filter('x', 1),
      host.action('x'),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'E_CLOSED' });
    expect(await fetchText(host, '/e')).toEqual([503, expect.stringContaining('SERVICE_UNAVAILABLE')]);
  });

  test('the stack of what a guest threw is mapped to its author’s files', async () => {
    const thrown = Object.assign(new Error('x'), { stack: '    at f (o/index.js:1:1)\n' });
    await using host = await start({ v1: { registrations: [operation('op')], handlers: [throwing(thrown)] } });
    const sourceMap = { version: 3, sources: ['src/o.ts'], names: [], mappings: 'AAUA' };
    await host.load({ ...extension('o', 'operation', 'v1'), sourceMap });
    await expect(host.operation('op')).rejects.toMatchObject({ cause: { stack: '    at f (o/src/o.ts:11:1)\n' } });
  });

  test('an endpoint that is a hook after a reload answers no more requests', async () => {
    const source = extension('e', 'endpoint', 'v1');
    await using host = await start({
      v1: { registrations: [get('/')], handlers: [() => ({ status: 200, body: 'old' })] },
      v2: { registrations: [filter('x')], handlers: [() => 'filtered'] },
    });
    await host.load(source);
    Object.assign(source, extension('e', 'hook', 'v2'));
    await host.reload('e');
    expect([(await fetchText(host, '/e'))[0], await host.filter('x', 0)]).toEqual([404, 'filtered']);
  });

  test('says whether an event is listened to, while its extension is loaded', async () => {
    await using host = await start({ v1: { registrations: [filter('items.*')], handlers: [(p) => p] } });
    expect(host.handles('items.create')).toBe(false);
    await host.load(extension('a', 'hook', 'v1'));
    expect([host.handles('items.create'), host.handles('items.create', 'filter')]).toEqual([true, true]);
    expect([host.handles('items.create', 'action'), host.handles('users.create')]).toEqual([false, false]);
    // @ts-expect-error -- not a kind
    expect(() => host.handles('x', 'hook')).toThrow(/type is "hook": it has to be "filter" or "action"/);
    await host.unload('a');
    expect(host.handles('items.create')).toBe(false);
  });

  test('an extension may be unloaded twice, at once or later, and loaded again', async () => {
    await using host = await start({ v1: { registrations: [filter('x')], handlers: [(p) => p] } });
    await host.load(extension('a', 'hook', 'v1'));
    await Promise.all([host.unload('a'), host.unload('a')]);
    await host.unload('a');
    await host.load(extension('a', 'hook', 'v1'));
    expect(host.handles('x')).toBe(true);
    await host.unload('a');
    expect(host.handles('x')).toBe(false);
  });
});
