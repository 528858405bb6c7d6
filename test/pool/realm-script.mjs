/** Uses a host in every way. Run by in-realm.mjs: its globals are not the main realm's. */
import { createHost } from '@sandglass/host';

const manifest = (name, type, path) => ({
  name,
  version: '1.0.0',
  'directus:extension': {
    type,
    path,
    source: path,
    host: '*',
    sandbox: { enabled: true, requestedScopes: { log: {}, sleep: {} } },
  },
});

const lines = [];
const host = await createHost({
  pool: process.argv[3] === 'inline' ? 'inline' : { maxThreads: 1 },
  include: ['*'],
  onLog: ({ message }) => lines.push(message),
});

await host.load({
  manifest: manifest('op', 'operation', { app: 'a.js', api: 'i.js' }),
  source: `import { log, sleep } from 'directus:api';
    export default { id: 'op', handler: async ({ n, date, bytes }) => {
      if (n < 0) throw new RangeError('too small');
      log('n is ' + n); await sleep(1);
      return [n * 2, date instanceof Date, bytes instanceof Uint8Array];
    } };`,
});
await host.load({
  manifest: manifest('end', 'endpoint', 'i.js'),
  source: "export default (router) => router.post('/', ({ body }) => ({ status: 200, body }));",
});
await host.load({
  manifest: manifest('hook', 'hook', 'i.js'),
  source: `export default ({ filter }) => filter('x', (payload) => ({
    ...payload, map: new Map([[1, 2]]), bytes: new Uint8Array([1, 2]), view: new DataView(new ArrayBuffer(1)),
  }));`,
});
const { signal } = new AbortController();
const result = await host.operation('op', { n: 21, date: new Date(0), bytes: new Uint8Array(2) }, { signal });
const failure = await host.operation('op', { n: -1 }).catch(({ code, cause }) => [code, cause.name, cause.message]);
const request = new Request('http://x/end', {
  method: 'POST',
  body: '{"a":1}',
  headers: { 'content-type': 'application/json' },
});
const answer = await (await host.fetch(request)).text();
const filtered = await host.filter('x', { a: [1] });
const { violations } = host.stats();
await host.close();
console.log(
  JSON.stringify({
    result,
    failure,
    answer,
    filtered: [filtered.a, filtered.map instanceof Map, filtered.bytes.join(), filtered.view.byteLength],
    lines,
    violations,
  }),
);
