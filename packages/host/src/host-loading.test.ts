import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SandglassError } from '@sandglass/core';
import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';

import { defineCapability } from './capabilities/define.js';
import {
  action,
  deferred,
  extension,
  fetchText,
  filter,
  get,
  type OnError,
  operation,
  packageJson,
  start,
  throwing,
} from './extensions/testing/fake-host.js';
import { createFakePool, type FakeGuest } from './extensions/testing/fake-pool.js';
import { buildHost } from './host.js';

async function folderOf(files: Record<string, object | string>): Promise<{ path: string } & AsyncDisposable> {
  const base = await mkdtemp(join(tmpdir(), 'sandglass-'));
  for (const [file, content] of Object.entries(files)) {
    await mkdir(join(base, 'extensions', file, '..'), { recursive: true });
    await writeFile(join(base, 'extensions', file), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return { path: join(base, 'extensions'), [Symbol.asyncDispose]: () => rm(base, { recursive: true }) };
}

describe('loading into a host', () => {
  test('extensions tell what they are', async () => {
    await using host = await start({ v1: { registrations: [operation('op')] } });
    const info = await host.load(extension('o', 'operation', 'v1', { log: {}, unknown: {} }), {
      isolation: 'persistent',
      limits: { cpuTimeMs: 5 },
    });
    expect(host.extensions).toEqual([info]);
    expect(info).toMatchObject({
      name: 'o',
      version: '1.0.0',
      type: 'operation',
      isolation: 'persistent',
      state: 'ready',
      requested: { log: {} },
      granted: { log: {} },
      registrations: [operation('op')],
      limits: { cpuTimeMs: 5 },
      notes: [expect.stringMatching(/^The scope "unknown" is unknown and ignored: there are log,/)],
    });
    expect(info.sourceHash).toMatch(/^[0-9a-f]{64}$/);
    expect(Object.isFrozen(info)).toBe(true);
  });

  test('the lower limit wins; limits that are none are a TypeError', async () => {
    await using host = await start(
      { v1: { registrations: [operation('op')] } },
      { limits: { cpuTimeMs: 2_000, wallTimeMs: 100 } },
    );
    const { limits } = await host.load(extension('o', 'operation', 'v1'), {
      limits: { cpuTimeMs: 50, wallTimeMs: 5_000 },
    });
    expect(limits).toMatchObject({ cpuTimeMs: 50, wallTimeMs: 100 });
    await expect(host.load(extension('p', 'operation', 'v1'), { limits: { cpuTimeMs: 0 } })).rejects.toThrow(
      /Invalid options of host.load: limits.cpuTimeMs is 0: it has to be an integer from 1 to 60000/,
    );
    await expect(start({}, { limits: { nonsense: 1 } as object })).rejects.toThrow(TypeError);
  });

  test('what a guest is told of the source holds no path of the host', async () => {
    await using host = await start({ v1: { registrations: [] } });
    const manifest = packageJson('@acme/odd', 'endpoint');
    (manifest as Record<string, { path: string }>)['directus:extension']!.path = './dist/../a (b).js';
    await host.load({ manifest, source: 'v1' });
    expect(host.pool.wires[0]?.filename).toBe('@acme/odd/a__b_.js');
  });

  test('the grant policy may take scopes away', async () => {
    const onLog = vi.fn<(entry: unknown) => void>();
    const seen: unknown[] = [];
    const guest: FakeGuest = { registrations: [operation('op')], handlers: [(_, use) => use('log', 'hi')] };
    await using host = await start(
      { v1: guest },
      { onLog, grant: (about, { log: _log, ...rest }) => (seen.push(about), rest) },
    );
    const info = await host.load(extension('o', 'operation', 'v1', { log: {}, sleep: {} }));
    expect([info.requested, info.granted, seen]).toEqual([
      { log: {}, sleep: {} },
      { sleep: {} },
      [{ name: 'o', version: '1.0.0', type: 'operation' }],
    ]);
    expect(host.pool.wires[0]?.capabilities.map(({ name, granted }) => [name, granted])).toEqual([
      ['log', false],
      ['sleep', true],
      ['request', false],
    ]);
    await expect(host.operation('op')).rejects.toMatchObject({
      cause: expect.objectContaining({ message: 'No permission to access "log"' }),
    });
    expect(onLog).not.toHaveBeenCalled();
  });

  test('the grant policy may refuse an extension, and may not give what was not requested', async () => {
    await using refusing = await start(
      {},
      {
        grant: throwing(new Error('not you')),
      },
    );
    await expect(refusing.load(extension('o', 'operation', 'v1'))).rejects.toMatchObject({
      code: 'E_MANIFEST',
      message: expect.stringContaining('not you'),
    });
    await using generous = await start({}, { grant: () => ({ sleep: {} }) });
    await expect(generous.load(extension('o', 'operation', 'v1'))).rejects.toThrow(/which it does not request/);
  });

  test('what a grant policy gives is parsed by the scope’s schema', async () => {
    await using host = await start({}, { grant: () => ({ request: { urls: ['nonsense'], methods: ['GET'] } }) });
    await expect(
      host.load(extension('o', 'operation', 'v1', { request: { urls: [], methods: [] } })),
    ).rejects.toMatchObject({ code: 'E_MANIFEST' });
  });

  test('a capability of the host is gated, imported and served like the built-in ones', async () => {
    const double = defineCapability({
      name: 'double',
      module: 'acme:math',
      scope: z.object({}),
      args: z.tuple([z.number()]),
      handler: ([n]) => n * 2,
    });
    const guest: FakeGuest = { registrations: [operation('op')], handlers: [(_, use) => use('double', 21)] };
    await using host = await start({ v1: guest }, { capabilities: [double] });
    await host.load(extension('o', 'operation', 'v1', { double: {} }));
    expect(await host.operation('op')).toBe(42);
  });

  test('a name can be loaded once; two operations with one id are refused naming both', async () => {
    await using host = await start({ v1: { registrations: [operation('op')] } });
    const outcomes = await Promise.allSettled([
      host.load(extension('o', 'operation', 'v1')),
      host.load(extension('o', 'operation', 'v1')),
    ]);
    // The sources are hashed side by side: either may be first.
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'E_LOAD', message: expect.stringContaining('loaded already') },
    });
    await expect(host.load(extension('p', 'operation', 'v1'))).rejects.toMatchObject({
      code: 'E_LOAD',
      message: expect.stringMatching(/"p".*"o"/),
    });
    expect(host.extensions.map(({ name }) => name)).toEqual(['o']);
    expect(host.pool.unloaded).toHaveLength(1);
  });

  test('an extension that registers what its type cannot is refused', async () => {
    await using host = await start({ v1: { registrations: [filter('x')] } });
    await expect(host.load(extension('e', 'endpoint', 'v1'))).rejects.toMatchObject({
      code: 'E_LOAD',
      message: expect.stringContaining('Cannot load "e"'),
    });
  });

  test('a load that fails names the extension, and leaves the name free', async () => {
    await using host = await start({ good: { registrations: [operation('op')] } });
    await expect(host.load(extension('o', 'operation', 'bad'))).rejects.toMatchObject({
      code: 'E_LOAD',
      extension: 'o',
      message: expect.stringContaining('Cannot load "o"'),
    });
    await expect(host.load(extension('o', 'operation', 'good'))).resolves.toMatchObject({ state: 'ready' });
  });

  test('one extension of a folder that does not load keeps no other from loading', async () => {
    await using folder = await folderOf({
      'a/package.json': packageJson('a', 'hook'),
      'a/index.js': 'slow',
      'b/package.json': packageJson('b', 'hook'),
      'b/index.js': 'throws',
      'c/package.json': '{',
      'd/package.json': packageJson('d', 'hook'),
      'd/index.js': 'quick',
      'e/package.json': packageJson('left-out', 'hook'),
      'e/index.js': 'quick',
    });
    const onError = vi.fn<OnError>();
    const { promise, resolve } = deferred<void>();
    const order: string[] = [];
    const starting = start(
      {
        slow: { registrations: [filter('x')], handlers: [() => void order.push('a')], loading: () => promise },
        quick: {
          registrations: [filter('x')],
          handlers: [() => void order.push('d')],
          loading: resolve,
        },
      },
      { extensions: folder.path, exclude: ['left-*'], onError },
    );
    await using host = await starting;
    expect(host.extensions.map(({ name, state, error }) => [name, state, error?.message])).toEqual([
      ['a', 'ready', undefined],
      ['b', 'failed', expect.stringContaining('Cannot load "b"')],
      ['d', 'ready', undefined],
    ]);
    expect(onError.mock.calls.map(([error, context]) => [(error as SandglassError).code, context])).toEqual([
      ['E_MANIFEST', {}],
      ['E_LOAD', { extension: 'b' }],
    ]);
    await host.filter('x', 1);
    expect(order).toEqual(['a', 'd']);
  });

  test('one that does not load changes neither when the host is ready nor the order of the others', async () => {
    const order: string[] = [];
    const hook = (name: string): FakeGuest => ({
      registrations: [filter('x')],
      handlers: [() => void order.push(name)],
    });
    const { promise, resolve } = deferred<void>();
    await using folder = await folderOf(
      Object.fromEntries(
        ['a', 'b', 'c'].flatMap((name) => [
          [`${name}/package.json`, packageJson(name, 'hook')],
          [`${name}/index.js`, name],
        ]),
      ),
    );
    const starting = start(
      { a: { ...hook('a'), loading: () => promise }, c: hook('c') },
      { extensions: folder.path, onError: () => resolve() }, // b is no guest, and fails first
    );
    await using host = await starting;
    await host.filter('x', {});
    expect(host.extensions.map(({ name, state }) => `${name} ${state}`)).toEqual(['a ready', 'b failed', 'c ready']);
    expect(order).toEqual(['a', 'c']);
  });

  test('an extension that failed can be reloaded once it is mended, and unloaded', async () => {
    await using folder = await folderOf({ 'a/package.json': packageJson('a', 'operation'), 'a/index.js': 'broken' });
    await using host = await start(
      { mended: { registrations: [operation('op')], handlers: [() => 'mended'] } },
      { extensions: folder.path },
    );
    expect(host.extensions).toMatchObject([{ name: 'a', state: 'failed' }]);
    await writeFile(join(folder.path, 'a/index.js'), 'mended');
    await host.reload('a');
    expect([await host.operation('op'), host.extensions[0]?.state]).toEqual(['mended', 'ready']);
    await host.unload('a');
    expect(host.extensions).toEqual([]);
  });

  test('a folder that does not exist fails the host, and the pool is closed', async () => {
    const pool = createFakePool({});
    await expect(buildHost({ extensions: '/nowhere/at/all' }, pool)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    expect(pool.isClosed()).toBe(true);
  });

  test('without onError, errors go to stderr in one harmless line', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    const pool = createFakePool({
      v1: {
        registrations: [action('x\u001b[2J')],
        handlers: [throwing(new Error('x'))],
      },
    });
    await using host = await buildHost({}, pool);
    await host.load(extension('h', 'hook', 'v1'));
    await host.action('x\u001b[2J');
    expect(print).toHaveBeenCalledExactlyOnceWith(
      'sandglass: h x\\x1b[2J: An error was thrown while executing action "x\\x1b[2J"',
    );
    print.mockRestore();
  });

  test('an onError that throws hurts nobody', async () => {
    const onError = (): never => {
      throw new Error('mine');
    };
    await using host = await start({ v1: { registrations: [get('/')], handlers: [() => ({})] } }, { onError });
    await host.load(extension('e', 'endpoint', 'v1'));
    expect((await fetchText(host, '/e'))[0]).toBe(500);
  });

  test('an endpoint whose name differs in its case alone from that of another does not load, whichever comes first', async () => {
    const answer = (body: string): FakeGuest => ({
      registrations: [get('*')],
      handlers: [() => ({ status: 200, body })],
    });
    await using host = await start({ victim: answer('victim'), thief: answer('thief') });
    await host.load(extension('@acme/victim', 'endpoint', 'victim'));
    const refused = expect.objectContaining({
      code: 'E_LOAD',
      message: expect.stringMatching('"@acme/Victim".*"@acme/victim"'),
    });
    await expect(host.load(extension('@acme/Victim', 'endpoint', 'thief'))).rejects.toThrow(refused);
    expect(await fetchText(host, '/@ACME/victim/login')).toEqual([200, 'victim']);
    await host.unload('@acme/victim');
    await host.load(extension('@acme/Victim', 'endpoint', 'thief'));
    await expect(host.load(extension('@acme/victim', 'endpoint', 'victim'))).rejects.toMatchObject({ code: 'E_LOAD' });
    expect(await fetchText(host, '/@acme/victim')).toEqual([200, 'thief']);
  });
});
