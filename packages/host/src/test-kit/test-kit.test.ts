import { describe, expect, test } from 'vitest';

import { makeFolder, packageJson } from '../cli/testing/files.js';
import { loadExtension, MockAgent, type TestExtension, type TestOptions } from './index.js';

async function load(
  type: 'endpoint' | 'hook' | 'operation',
  source: string,
  options?: TestOptions,
): Promise<TestExtension> {
  const path = type === 'operation' ? { app: 'a.js', api: 'index.js' } : 'index.js';
  const sandbox = {
    enabled: true,
    requestedScopes: { log: {}, sleep: {}, request: { urls: ['https://api.test/*'], methods: ['GET', 'POST'] } },
  };
  return loadExtension(
    {
      manifest: {
        name: 'under-test',
        version: '1.0.0',
        'directus:extension': { type, path, source: path, host: '*', sandbox },
      },
      source,
    },
    options,
  );
}

const FETCH =
  "import { request } from 'directus:api'; export default { id: 'x', handler: async (o) => (await request(o.url)).data };";

describe('loadExtension', () => {
  test('sends requests to routes', async () => {
    await using extension = await load(
      'endpoint',
      "export default (router) => router.post('/a/:b', ({ url, body, headers }) => ({ status: 201, body: { url, body, x: headers['x-y'] } }));",
    );
    const answer = await extension.request('/a/1?c=2', { method: 'POST', body: { d: 3 }, headers: { 'x-y': 'z' } });
    expect(answer).toMatchObject({ status: 201, body: { url: '/a/1?c=2', body: { d: 3 }, x: 'z' } });
    expect((await extension.request('/nowhere')).status).toBe(404);
  });

  test('throws what a client would see as a 500, once', async () => {
    await using extension = await load(
      'endpoint',
      "export default (router) => { router.get('/', () => { throw new RangeError('no'); }); router.get('/ok', () => ({ status: 204 })); };",
    );
    await expect(extension.request('/')).rejects.toMatchObject({ code: 'E_GUEST', message: 'no' });
    expect((await extension.request('/ok')).status).toBe(204);
  });

  test('runs filters and actions, and throws what an action failed with', async () => {
    await using extension = await load(
      'hook',
      "import { log } from 'directus:api'; export default ({ filter, action }) => { filter('a', (n) => n + 1); action('b', ({ event, x }) => log(event + x)); action('c', () => { throw new Error('no'); }); };",
    );
    expect(await extension.filter('a', 1)).toBe(2);
    await extension.action('b', { x: '!' });
    expect(extension.logs).toEqual(['b!']);
    await expect(extension.action('c')).rejects.toMatchObject({ code: 'E_GUEST', message: 'no' });
  });

  test('takes no time to sleep, wakes the shorter sleep first, and remembers both', async () => {
    const source =
      "import { sleep } from 'directus:api'; export default { id: 'x', handler: async () => { const order = []; await Promise.all([3600000, 60000].map((ms) => sleep(ms).then(() => order.push(ms)))); return order; } };";
    await using extension = await load('operation', source);
    const beganMs = performance.now();
    expect(await extension.operation()).toEqual([60_000, 3_600_000]);
    expect(performance.now() - beganMs).toBeLessThan(5_000);
    expect(extension.sleeps).toEqual([3_600_000, 60_000]);
  });

  test('refuses a fake sleep without its scope as a real one', async () => {
    const source = "import { sleep } from 'directus:api'; export default { id: 'x', handler: () => sleep(1) };";
    await using extension = await load('operation', source, { grant: () => ({}) });
    await expect(extension.operation()).rejects.toThrow('No permission to access "sleep"');
  });

  test('answers requests from a MockAgent, behind the real gate', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    agent.get('https://api.test').intercept({ path: '/a' }).reply(200, { b: 1 });
    await using extension = await load('operation', FETCH, { request: agent });
    expect(await extension.operation({ url: 'https://api.test/a' })).toEqual({ b: 1 });
    await expect(extension.operation({ url: 'https://evil.test/a' })).rejects.toThrow('No permission to request');
    expect(extension.audit.map(({ decision, status }) => [decision, status])).toEqual([
      ['allowed', 200],
      ['denied', undefined],
    ]);
  });

  test('reaches no network unless it is given one', async () => {
    await using extension = await load('operation', FETCH);
    await expect(extension.operation({ url: 'https://api.test/a' })).rejects.toMatchObject({ code: 'E_NETWORK' });
  });

  test('finds every call pristine, and keeps the console', async () => {
    await using extension = await load(
      'operation',
      "let n = 0; export default { id: 'x', handler: () => { console.warn('seen'); return ++n; } };",
    );
    expect([await extension.operation(), await extension.operation()]).toEqual([1, 1]);
    expect(extension.console).toHaveLength(2);
  });

  test('ends a loop by the CPU limit', async () => {
    await using extension = await load('operation', "export default { id: 'x', handler: () => { for (;;); } };", {
      limits: { cpuTimeMs: 20 },
    });
    await expect(extension.operation()).rejects.toMatchObject({ code: 'E_CPU' });
  });

  test('a failure shows the file that was written and the test, and nothing of the host', async () => {
    const folder = await makeFolder({
      'package.json': packageJson('under-test', 'operation', {}, 'src/index.ts'),
      'src/index.ts': "import { fail } from './fail.js';\nexport default { id: 'x', handler: () => fail() };",
      'src/fail.ts': 'export function fail(): never {\n  throw new RangeError("no luck");\n}',
    });
    await using extension = await loadExtension(folder);
    const error = (await extension.operation().catch((thrown: unknown) => thrown)) as Error;
    expect(error.stack).toMatch(/^SandglassError: RangeError: no luck\n/);
    expect(error.stack).not.toContain('test-kit.ts:');
    expect(error.stack).toContain(`(${folder}/src/fail.ts:2:`);
    expect(error.stack).toContain(`(${folder}/src/index.ts:2:`);
    expect(error.stack).toContain('test-kit.test.ts');
    expect(error.stack).not.toMatch(/\/pool\//);
    expect((error.cause as Error).stack).toMatch(/^RangeError: no luck\n {4}at /);
  });

  test('a request without an interceptor is named', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    agent.get('https://api.test').intercept({ path: '/other' }).reply(200, '');
    const source =
      "import { request } from 'directus:api'; export default { id: 'x', handler: (url) => request(url, { method: 'POST' }) };";
    await using extension = await load('operation', source, { request: agent });
    await expect(extension.operation('https://api.test/orders/9?a=1')).rejects.toThrow(
      /\(no interceptor for POST https:\/\/api\.test\/orders\/9\?a=1\)$/,
    );
  });

  test('waits for what nobody awaits', async () => {
    await using extension = await load(
      'operation',
      "import { log, sleep } from 'directus:api'; export default { id: 'x', handler: () => { sleep(500).then(() => sleep(1)).then(() => log('sent')); return 1; } };",
    );
    expect(await extension.operation()).toBe(1);
    expect(extension.logs).toEqual([]);
    await extension.settled();
    expect(extension.logs).toEqual(['sent']);
    await extension.settled(); // nothing is left
  });
});
