import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createHost, type Host } from '@sandglass/host';
import { createService, type Service } from '@sandglass/host/service';

/**
 * What a few bytes of a guest become when they are written as JSON, or read, or thrown: nothing
 * that holds up the host.
 */

const GRAPH = 'let a = 1; for (let i = 0; i < 60; i++) a = [a, a];';
const TOKEN = 't'.repeat(16);

let host: Host;
let service: Service;

async function load(type: string, name: string, source: string): Promise<void> {
  const path = type === 'operation' ? { app: 'i.js', api: 'i.js' } : 'i.js';
  const extension = { type, path, source: path, host: '*', sandbox: { enabled: true, requestedScopes: {} } };
  await host.load({ manifest: { name, version: '1.0.0', 'directus:extension': extension }, source });
}

async function operation(id: string, handler: string): Promise<void> {
  await load('operation', `operation-${id}`, `export default { id: '${id}', handler: ${handler} };`);
}

async function post(path: string): Promise<{ status: number; error: unknown }> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const request = new Request(`http://h/_sandglass/${path}`, { method: 'POST', body: '{}', headers });
  const response = await service.fetch(request);
  return { status: response.status, error: ((await response.json()) as { error?: unknown }).error };
}

describe('results of sandglass run', () => {
  beforeAll(async () => {
    host = await createHost({ pool: { maxThreads: 1 }, limits: { maxResultBytes: 1 << 20, cpuTimeMs: 10_000 } });
    service = createService(host, { token: TOKEN });
    await load(
      'endpoint',
      'e',
      `export default (router) => router.get('/', () => { ${GRAPH} return { status: 200, body: a }; });`,
    );
    await load('hook', 'h', `export default ({ filter }) => filter('graph', () => { ${GRAPH} return a; });`);
    await operation('graph', `() => { ${GRAPH} return a; }`);
    await operation('throws', `() => { ${GRAPH} throw { a }; }`);
  });

  afterAll(() => host.close());

  test.each(['operations/graph', 'filters/graph'])('a shared graph from %s is E_QUOTA', async (path) => {
    expect(await post(path)).toMatchObject({ error: { code: 'E_QUOTA' } });
  });

  test('an endpoint cannot answer with a shared graph', async () => {
    expect((await host.fetch(new Request('http://h/e/'))).status).toBe(500);
  });

  test('a shared graph that was thrown is left out of the answer', async () => {
    const { error } = await post('operations/throws');
    expect(error).toMatchObject({ code: 'E_GUEST', message: 'The extension threw an object' });
    expect(error).not.toHaveProperty('thrown');
  });

  test.each([
    ['more holes than can be copied', '{ a: new Array(2e6) }'],
    ['nesting', '{ a: Array.from({ length: 999 }).reduce((a) => [a], []) }'],
    ['a regular expression that this runtime may lack', "{ r: new RegExp('(?i:a)') }"],
    ['regular expressions that take long to compile', "{ r: new RegExp('\\\\p{L}'.repeat(300), 'u') }"],
    ['long data', "{ a: 'y'.repeat(5e6) }"],
    ['many objects', '{ a: Array.from({ length: 50_000 }, () => ({})) }'],
    ['large numbers', '{ a: Array.from({ length: 40 }, () => 1n << 1_000_000n) }'],
    ['a long message', "new Error('m'.repeat(5e6))"],
    ['a long stack', "Object.assign(new Error('m'), { stack: 's'.repeat(5e6) })"],
    ['a long name', "Object.assign(new Error('m'), { name: 'n'.repeat(5e6) })"],
    ['long text', "'t'.repeat(5e6)"],
  ])('%s in what is thrown is the fault of the guest', async (what, thrown) => {
    const id = `throws-${what.replaceAll(' ', '-')}`;
    await operation(id, `() => { throw ${thrown}; }`);
    const error = (await host.operation(id).catch((reason: unknown) => reason)) as {
      code: string;
      message: string;
      cause: unknown;
    };
    expect(error.code).toBe('E_GUEST');
    expect(error.message.length).toBeLessThanOrEqual(66_000);
    const { message, stack, name } = error.cause instanceof Error ? error.cause : new Error(String(error.cause));
    for (const text of [message, stack ?? '', name]) expect(text.length).toBeLessThanOrEqual(66_000);
  });

  test('data that is thrown is within maxResultBytes', async () => {
    const extension = { type: 'operation', path: { app: 'i', api: 'i' }, source: { app: 'i', api: 'i' }, host: '*' };
    const manifest = {
      name: 'small',
      version: '1.0.0',
      'directus:extension': { ...extension, sandbox: { enabled: true, requestedScopes: {} } },
    };
    const source = "export default { id: 'small', handler: (n) => { throw { a: 'y'.repeat(n) }; } };";
    await host.load({ manifest, source }, { limits: { maxResultBytes: 1_000 } });
    const thrown = async (n: number): Promise<unknown> =>
      host.operation('small', n).catch((error: Error) => (error.cause as Error).cause);
    expect(await thrown(10)).toEqual({ a: 'y'.repeat(10) });
    expect(await thrown(2_000)).toBeUndefined();
  });

  test('a long result of an operation is read in turns', async () => {
    await operation('rows', '(n) => Array.from({ length: n }, (_, i) => ({ a: i, b: [i], c: null }))');
    let turns = 0;
    let running = setImmediate(function turn() {
      turns++;
      running = setImmediate(turn);
    });
    expect(await host.operation('rows', 20_000)).toHaveLength(20_000);
    clearImmediate(running);
    expect(turns).toBeGreaterThan(2);
  });
});
