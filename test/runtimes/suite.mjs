/**
 * What every runtime has to do, whatever it is: the contract suite of the host.
 *
 * Plain JavaScript without a test runner, so that any runtime can import it.
 */
import { extension, operation } from './extensions.mjs';
import { rejects, same } from './expect.mjs';

const LOOPBACK = { allowAddresses: ['127.0.0.0/8'] };

/**
 * Each test gets `open(options)`, which makes a host that is closed afterwards, and what the
 * runtime brings.
 */
const TESTS = {
  async 'an operation answers'({ open }) {
    const host = await open();
    await host.load(operation('add', '({ a, b }) => ({ sum: a + b, none: undefined })'));
    same(await host.operation('add', { a: 2, b: 3 }), { sum: 5 });
  },
  async 'every call finds a pristine sandbox'({ open }) {
    const host = await open();
    await host.load(extension('operation', 'count', 'let n = 0; export default { id: "count", handler: () => ++n };'));
    same([await host.operation('count'), await host.operation('count')], [1, 1]);
  },
  async 'a persistent sandbox remembers'({ open }) {
    const host = await open({ isolation: 'persistent' });
    await host.load(extension('operation', 'count', 'let n = 0; export default { id: "count", handler: () => ++n };'));
    same([await host.operation('count'), await host.operation('count')], [1, 2]);
  },
  async 'Math.random differs from call to call'({ open }) {
    const host = await open();
    await host.load(operation('random', '() => Math.random()'));
    const numbers = await Promise.all(Array.from({ length: 20 }, () => host.operation('random')));
    same(new Set(numbers).size, 20);
  },
  async 'an endpoint answers requests'({ open }) {
    const host = await open();
    const source = `export default (router) => {
      router.get('/items/:id', ({ url, headers, body }) => ({ status: 200, body: { url, test: headers['x-test'], body } }));
      router.post('/items', ({ body }) => ({ status: 201, body }));
      router.get('/html', () => ({ status: 200, body: '<p>' }));
      router.get('/broken', () => { throw new Error('secret'); });
    };`;
    await host.load(extension('endpoint', 'shop', source));
    const get = await host.fetch(new Request('http://h/shop/items/7?q=1', { headers: { 'x-test': 'yes' } }));
    same([get.status, await get.json()], [200, { url: '/items/7?q=1', test: 'yes', body: {} }]);
    const json = { 'content-type': 'application/json' };
    const post = await host.fetch(
      new Request('http://h/shop/items', { method: 'POST', headers: json, body: '{"ü":[1]}' }),
    );
    same([post.status, await post.json()], [201, { ü: [1] }]);
    const html = await host.fetch(new Request('http://h/shop/html'));
    same([html.headers.get('content-type'), await html.text()], ['text/html; charset=utf-8', '<p>']);
    const broken = await host.fetch(new Request('http://h/shop/broken'));
    same([broken.status, (await broken.text()).includes('secret')], [500, false]);
    same((await host.fetch(new Request('http://h/none'))).status, 404);
  },
  async 'filters change a payload in order, actions hear of it'({ open, logs }) {
    const host = await open();
    const source = `import { log } from 'directus:api';
      export default ({ filter, action }) => {
        filter('items.create', (payload) => ({ ...payload, first: true }));
        filter('items.*', (payload) => ({ ...payload, second: payload.first }));
        action('*.items.create', ({ event, key }) => log(event + ' ' + key));
      };`;
    await host.load(extension('hook', 'audit', source, { log: {} }));
    same(await host.filter('items.create', { title: 'x' }), { title: 'x', first: true, second: true });
    await host.action('articles.items.create', { key: 5 });
    same(
      logs.map(({ message, level }) => [level, message]),
      [['info', 'articles.items.create 5']],
    );
  },
  async 'sleep waits'({ open }) {
    const host = await open();
    const handler = 'async () => { const before = Date.now(); await sleep(30); return Date.now() - before; }';
    await host.load(operation('wait', handler, { sleep: {} }, 'import { sleep } from "directus:api";'));
    const tookMs = await host.operation('wait');
    same(tookMs >= 25 && tookMs < 5_000, true, `took ${tookMs} ms`);
  },
  async 'request fetches what its scope allows'({ open, serve }) {
    const origin = await serve((request) => {
      const body = JSON.stringify({ path: request.url, method: request.method });
      return { status: 200, headers: { 'content-type': 'application/json', 'x-a': 'b' }, body };
    });
    const host = await open({ request: LOOPBACK });
    const scopes = { request: { urls: [`${origin}/open/*`], methods: ['GET', 'POST'] } };
    const handler = 'async ({ url, method }) => request(url, { method })';
    await host.load(operation('get', handler, scopes, 'import { request } from "directus:api";'));
    const { status, headers, data } = await host.operation('get', { url: `${origin}/open/1?a=b`, method: 'POST' });
    same([status, headers['x-a'], data], [200, 'b', { path: '/open/1?a=b', method: 'POST' }]);
    await rejects(host.operation('get', { url: `${origin}/closed` }), 'E_SCOPE');
    await rejects(host.operation('get', { url: `${origin}/open/1`, method: 'PUT' }), 'E_SCOPE');
  },
  async 'a failed request tells its status'({ open, serve }) {
    const origin = await serve(() => ({ status: 404, headers: {}, body: '{"no":1}' }));
    const host = await open({ request: LOOPBACK });
    const handler = `async (url) => { try { await request(url); } catch (error) { return [error.status, JSON.parse(error.response).data]; } }`;
    const scopes = { request: { urls: [`${origin}/*`], methods: ['GET'] } };
    await host.load(operation('get', handler, scopes, 'import { request } from "directus:api";'));
    same(await host.operation('get', `${origin}/`), [404, { no: 1 }]);
  },
  async 'a redirect passes the gate again'({ open, serve }) {
    const origin = await serve(() => ({ status: 302, headers: { location: '/closed' }, body: '' }));
    const host = await open({ request: LOOPBACK });
    const scopes = { request: { urls: [`${origin}/open`], methods: ['GET'] } };
    await host.load(operation('get', '(url) => request(url)', scopes, 'import { request } from "directus:api";'));
    await rejects(host.operation('get', `${origin}/open`), 'E_SCOPE');
  },
  async 'loopback is closed unless opened'({ open, serve }) {
    let reached = 0;
    const origin = await serve(() => ({ status: 200, headers: {}, body: `${(reached += 1)}` }));
    const host = await open();
    const scopes = { request: { urls: ['http://*'], methods: ['GET'] } };
    await host.load(operation('get', '(url) => request(url)', scopes, 'import { request } from "directus:api";'));
    await rejects(host.operation('get', `${origin}/`), 'E_SCOPE');
    await rejects(host.operation('get', `${origin.replace('127.0.0.1', 'localhost')}/`), 'E_SCOPE');
    same(reached, 0, 'requests that reached the server');
  },
  async 'what is not granted is refused'({ open }) {
    const host = await open();
    await host.load(operation('talk', '() => log("x")', {}, 'import { log } from "directus:api";'));
    await rejects(host.operation('talk'), 'E_SCOPE');
  },
  async 'an error of the guest arrives'({ open }) {
    const host = await open();
    await host.load(operation('fail', '(how) => { throw how === "text" ? "plain" : new RangeError("too far"); }'));
    const error = await rejects(host.operation('fail', 'error'), 'E_GUEST');
    same([error.cause.name, error.cause.message, error.extension], ['RangeError', 'too far', 'fail']);
    same((await rejects(host.operation('fail', 'text'), 'E_GUEST')).cause, 'plain');
  },
  async 'a loop without an end costs its call only'({ open }) {
    const host = await open({ limits: { cpuTimeMs: 100 } });
    await host.load(operation('spin', '(on) => { while (on); return 1; }'));
    await rejects(host.operation('spin', true), 'E_CPU');
    same(await host.operation('spin', false), 1);
  },
  async 'a native that never returns costs its call only'({ open }) {
    const host = await open({ limits: { cpuTimeMs: 100 } });
    await host.load(operation('hang', '(on) => on ? Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1) : 1'));
    await rejects(host.operation('hang', true), 'E_CPU');
    same(await host.operation('hang', false), 1);
  },
  async 'a full memory costs its call only'({ open }) {
    const host = await open({ limits: { memoryLimitBytes: 4 << 20, cpuTimeMs: 5_000 } });
    await host.load(
      operation('hog', '(on) => { const all = []; while (on) all.push("x".repeat(1e5) + all.length); return 1; }'),
    );
    await rejects(host.operation('hog', true), 'E_MEMORY');
    same(await host.operation('hog', false), 1);
  },
  async 'a full stack costs its call only'({ open }) {
    const host = await open();
    await host.load(operation('dive', '(on) => { const f = () => f() + 1; return on ? f() : 1; }'));
    await rejects(host.operation('dive', true), 'E_STACK');
    same(await host.operation('dive', false), 1);
  },
  async 'deep JSON and deep source do not reach the stack of the runtime'({ open }) {
    const host = await open({ limits: { cpuTimeMs: 5_000 } });
    const handler = `(what) => what === 'json' ? JSON.parse('['.repeat(1e5)) : what === 'source' ? eval('('.repeat(1e5)) : 1`;
    await host.load(operation('deep', handler));
    for (const what of ['json', 'source']) {
      const error = await host.operation('deep', what).then(
        () => ({ code: 'none' }),
        (reason) => reason,
      );
      same(['E_GUEST', 'E_STACK'].includes(error.code), true, `${what} gives ${error.code}`);
    }
    same(await host.operation('deep', ''), 1);
  },
  async 'a wait without an end meets the wall'({ open }) {
    const host = await open({ limits: { wallTimeMs: 100 } });
    await host.load(operation('wait', '() => sleep(60000)', { sleep: {} }, 'import { sleep } from "directus:api";'));
    await rejects(host.operation('wait'), 'E_WALL');
  },
  async 'a call is aborted'({ open }) {
    const host = await open();
    await host.load(operation('wait', '() => sleep(60000)', { sleep: {} }, 'import { sleep } from "directus:api";'));
    const controller = new AbortController();
    const call = host.operation('wait', {}, { signal: controller.signal });
    controller.abort();
    await rejects(call, 'E_ABORTED');
  },
  async 'values cross as copies'({ open }) {
    const host = await open();
    await host.load(extension('hook', 'echo', 'export default ({ filter }) => { filter("echo", (value) => value); };'));
    const value = {
      numbers: [0, -0, NaN, Infinity, 1.5, 2 ** 53],
      big: 12345678901234567890n,
      date: new Date(0),
      regex: /a+/giu,
      map: new Map([['k', new Set([1, 'two'])]]),
      bytes: Uint8Array.of(0, 255),
      doubles: Float64Array.of(0.1, -0),
      text: 'nul \0, lone \ud800, é, 漢, 😀',
      nothing: [null, undefined],
    };
    same(await host.filter('echo', value), value);
  },
  async 'the guest sees nothing of the runtime'({ open }) {
    const host = await open();
    const names = ['setTimeout', 'fetch', 'require', 'Deno', 'Bun', 'Buffer', 'crypto', 'performance', 'navigator'];
    await host.load(operation('look', `(names) => names.filter((name) => name in globalThis)`));
    same(await host.operation('look', names), []);
    await host.load(operation('escape', `() => [].constructor.constructor('return typeof process.exit')()`));
    same(await host.operation('escape'), 'undefined');
    await rejects(
      host.load(extension('operation', 'fs', 'import "node:fs"; export default { id: "f", handler() {} };')),
      'E_LOAD',
    );
  },
  async 'many calls at once'({ open }) {
    const host = await open();
    await host.load(operation('twice', '(n) => n * 2'));
    await host.load(
      operation(
        'nap',
        'async (n) => { await sleep(1); return n; }',
        { sleep: {} },
        'import { sleep } from "directus:api";',
      ),
    );
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    const calls = numbers.flatMap((n) => [host.operation('twice', n), host.operation('nap', n)]);
    same(
      await Promise.all(calls),
      numbers.flatMap((n) => [n * 2, n]),
    );
  },
  async 'an extension is reloaded and unloaded'({ open }) {
    const host = await open();
    await host.load(operation('here', '() => 1'));
    await host.reload('here');
    same(await host.operation('here'), 1);
    await host.unload('here');
    await rejects(host.operation('here'), 'E_NOT_FOUND');
  },
  async 'a folder is loaded'({ open, folder }) {
    if (!folder) return 'no file system';
    const host = await open({ extensions: folder });
    same(host.extensions.map(({ name, state }) => [name, state]).toSorted(), [
      ['audit-hook', 'ready'],
      ['hello-endpoint', 'ready'],
      ['shout-operation', 'ready'],
    ]);
    same(await host.operation('shout', { text: 'hi' }), { text: 'HI!' });
  },
  async 'a thenable, a hostile error and a proxy stay inside'({ open }) {
    const host = await open();
    const handler = `(what) => {
      if (what === 'thenable') return { then: 1, value: 2 };
      if (what === 'proxy') return new Proxy({}, {});
      throw { get message() { for (;;); } };
    }`;
    await host.load({ ...operation('odd', handler) }, { limits: { cpuTimeMs: 100 } });
    same(await host.operation('odd', 'thenable'), JSON.parse('{"then":1,"value":2}'));
    await rejects(host.operation('odd', 'proxy'), 'E_CLONE');
    same(['E_CPU', 'E_GUEST'].includes((await host.operation('odd', '').catch((error) => error)).code), true);
  },
  async 'two hosts live side by side'({ open }) {
    const [one, two] = [await open(), await open()];
    await one.load(operation('who', '() => "one"'));
    await two.load(operation('who', '() => "two"'));
    same(await Promise.all([one.operation('who'), two.operation('who')]), ['one', 'two']);
  },
  async 'a closed host takes no calls'({ open }) {
    const host = await open();
    await host.load(operation('wait', '() => sleep(60000)', { sleep: {} }, 'import { sleep } from "directus:api";'));
    const call = host.operation('wait');
    await Promise.all([rejects(call, 'E_CLOSED'), host.close(50)]);
    await rejects(host.operation('wait'), 'E_CLOSED');
    same((await host.fetch(new Request('http://h/x'))).status, 503);
  },
};

/**
 * Runs the suite.
 *
 * @param runtime what the runtime brings: `createHost`, `serve(answer)` for a server on loopback,
 *   the `folder` of examples.
 * @param pool for every host: `'inline'` or the options of a pool.
 * @returns one result for each test: `passed`, `failed` with an error, or `skipped` with a reason.
 */
export async function runSuite({ createHost, serve, folder }, pool, only = '') {
  const results = [];
  for (const [name, test] of Object.entries(TESTS)) {
    if (!name.includes(only)) continue;
    const hosts = [];
    const logs = [];
    const servers = [];
    const open = async (options = {}) => {
      const host = await createHost({ pool, onLog: (entry) => logs.push(entry), onError: () => {}, ...options });
      hosts.push(host);
      return host;
    };
    const listen = async (answer) => {
      const server = await serve(answer);
      servers.push(server);
      return server.origin;
    };
    const startedMs = performance.now();
    try {
      const skipped = await test({ open, logs, pool, folder, serve: listen });
      results.push(skipped ? { name, state: 'skipped', reason: skipped } : { name, state: 'passed' });
    } catch (error) {
      results.push({ name, state: 'failed', reason: String(error?.stack ?? error) });
    } finally {
      await Promise.all(hosts.map((host) => host.close(1_000)));
      await Promise.all(servers.map((server) => server.close()));
    }
    results.at(-1).ms = Math.round(performance.now() - startedMs);
  }
  return results;
}
