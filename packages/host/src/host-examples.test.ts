import type { LookupFunction } from 'node:net';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { MockAgent } from 'undici';

import { createHost, type Host } from './host.js';
import type { LogEntry } from './types.js';

/**
 * The examples and published bundles on the real engine, in this thread. The suites in `test/` run
 * them through threads.
 */
const EXAMPLES = fileURLToPath(new URL('../../../examples/extensions', import.meta.url));
const onLog = vi.fn<(entry: LogEntry) => void>();
const upstream = new MockAgent();
upstream.disableNetConnect();
let host: Host;

const fetchJson = async (path: string, init?: RequestInit): Promise<unknown[]> => {
  const response = await host.fetch(new Request(`http://host.test${path}`, init));
  return [response.status, await response.json()];
};

describe('examples on a host', () => {
  beforeAll(async () => {
    upstream.get('https://example.com').intercept({ path: '/' }).reply(200, '<p>hi</p>');
    const lookup: LookupFunction = (_name, _options, answer) => answer(null, '93.184.215.14', 4);
    host = await createHost({
      extensions: EXAMPLES,
      pool: 'inline',
      onLog,
      request: { dispatcher: upstream, lookup },
    });
  });
  afterAll(() => host.close());

  test('the examples load', () => {
    expect(host.extensions.map(({ name, state }) => [name, state])).toEqual([
      ['audit-hook', 'ready'],
      ['hello-endpoint', 'ready'],
      ['shout-operation', 'ready'],
    ]);
  });

  test('every visitor of the example endpoint is the first', async () => {
    for (let i = 0; i < 3; i++)
      expect(await fetchJson('/hello-endpoint')).toEqual([200, { hello: 'world', visits: 1 }]);
  });

  test('the example endpoint logs, sleeps, echoes and requests', async () => {
    const slow = await host.fetch(new Request('http://host.test/hello-endpoint/slow'));
    expect([await slow.text(), slow.headers.get('content-type')]).toEqual([
      'Worth the wait',
      'text/html; charset=utf-8',
    ]);
    expect(onLog).toHaveBeenCalledWith(
      expect.objectContaining({ extension: 'hello-endpoint', level: 'info', message: 'Waiting a tenth of a second' }),
    );
    const body = { method: 'POST', body: '{"a":[1]}', headers: { 'content-type': 'application/json' } };
    expect(await fetchJson('/hello-endpoint/echo?x=1', body)).toEqual([201, { url: '/echo?x=1', body: { a: [1] } }]);
    expect(await fetchJson('/hello-endpoint/fetch')).toEqual([200, { status: 200, length: 9 }]);
  });

  test('the example hook filters and hears', async () => {
    expect(await host.filter('items.create', { title: ' a ' })).toEqual({ title: 'a' });
    await expect(host.filter('items.create', {})).rejects.toMatchObject({
      code: 'E_GUEST',
      message: 'An item needs a title',
    });
    await host.action('articles.items.create', { key: 5 });
    expect(onLog).toHaveBeenLastCalledWith(
      expect.objectContaining({ message: 'articles.items.create: 5 was created' }),
    );
  });

  test('the example operation runs', async () => {
    expect(await host.operation('shout', { text: 'hey' })).toEqual({ text: 'HEY!' });
  });

  test('what an example throws has a stack in its own file', async () => {
    const error = await host.filter('items.create', {}).catch((thrown: unknown) => thrown);
    expect(((error as Error).cause as Error).stack).toMatch(/^ {4}at .*\(audit-hook\/index\.js:7:\d+\)$/m);
  });

  test('a published bundle that QuickJS cannot compile as it is loads and runs', async () => {
    await host.load(fileURLToPath(new URL('.', import.meta.resolve('@directus-labs/liquidjs-operation/package.json'))));
    const options = {
      mode: 'custom',
      operationMode: 'single',
      template: 'Hi {# name #}{% for i in list %}, {# i #}{% endfor %}',
      data: { name: 'you', list: [1, 2] },
      publicUrl: '',
    };
    expect(await host.operation('liquidjs-operation', options)).toEqual({ template: 'Hi you, 1, 2' });
  });

  test('an error after the rewrite points into the original text', async () => {
    const source = `export default { id: 'late', handler: () => {
  function* g() { for (const a of yield 1) fail(a); }
  const it = g(); it.next(); it.next([1]);
} };`;
    const extension = {
      type: 'operation',
      path: { app: 'a.js', api: 'a.js' },
      source: { app: 'a.js', api: 'a.js' },
      host: '*',
      sandbox: { enabled: true },
    };
    await host.load({ manifest: { name: 'late', version: '1.0.0', 'directus:extension': extension }, source });
    const error = await host.operation('late').catch((thrown: unknown) => thrown);
    const column = source.split('\n')[1]!.indexOf('fail(') + 1;
    const [, line, found] =
      /at g \(late\/a\.js:(\d+):(\d+)\)/.exec(((error as Error).cause as Error).stack ?? '') ?? [];
    expect(Number(line)).toBe(2);
    expect(Number(found)).toBeGreaterThanOrEqual(column);
    expect(Number(found)).toBeLessThanOrEqual(column + 'fail('.length);
  });
});
