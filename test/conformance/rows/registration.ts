/* oxlint-disable vitest/no-standalone-expect -- rows run inside of tests */
import { expect } from 'vitest';

import type { Type } from '../bench.js';
import { type Row, row } from '../row.js';

/** What each registering function refuses, and with which words. */
const TYPE_ERRORS: readonly [Type, source: string, message: string][] = [
  ...(['get', 'post', 'put', 'patch', 'delete'] as const).flatMap((method): [Type, string, string][] => [
    ['endpoint', `router.${method}(5, () => {})`, 'Route path has to be of type string'],
    ['endpoint', `router.${method}('/', {})`, 'Route handler has to be of type function'],
  ]),
  ['endpoint', 'router.get()', 'Route path has to be of type string'],
  ['endpoint', "router.get(new String('/'), () => {})", 'Route path has to be of type string'],
  ['endpoint', "router.get('/')", 'Route handler has to be of type function'],
  ['hook', 'filter(null, () => {})', 'Filter event has to be of type string'],
  ['hook', "filter('a', 'b')", 'Filter handler has to be of type function'],
  ['hook', 'action(Symbol(), () => {})', 'Action event has to be of type string'],
  ['hook', "action('a', undefined)", 'Action handler has to be of type function'],
];

const CONFIGS: readonly [source: string, message: string][] = [
  ['{ handler() {} }', 'Operation config id has to be of type string'],
  ['{ id: 5, handler() {} }', 'Operation config id has to be of type string'],
  ["{ id: 'a' }", 'Operation config handler has to be of type function'],
  ["{ id: 'a', handler: {} }", 'Operation config handler has to be of type function'],
];

const HOOK_HAS = 'a sandboxed hook gets filter and action';
const ROUTER_HAS = 'the router of a sandboxed endpoint has get, post, put, patch and delete';
const NOT_GIVEN: readonly [type: 'endpoint' | 'hook', source: string, message: string][] = [
  [
    'hook',
    "export default ({ schedule }) => schedule('* * * * *', () => {});",
    `schedule is not a function: ${HOOK_HAS}`,
  ],
  [
    'hook',
    "export default async (api) => { await 1; api.init('a', () => {}); };",
    `api.init is not a function: ${HOOK_HAS}`,
  ],
  ['hook', 'export default ({ embed }) => {\n  embed();\n};', `embed is not a function: ${HOOK_HAS}`],
  [
    'hook',
    'export default ({ filter }, { services }) => {};',
    'cannot convert to object: a sandboxed hook gets one argument, { filter, action }',
  ],
  [
    'endpoint',
    'export default async (router, context) => { await 1; context.services.ItemsService; };',
    "cannot read property 'services' of undefined: a sandboxed endpoint gets one argument, its router",
  ],
  ['endpoint', 'export default (router) => router.use(() => {});', `router.use is not a function: ${ROUTER_HAS}`],
  ['hook', 'const a = {};\nexport default () => { a.b(); };', 'a.b is not a function'],
  ['hook', "const a = {};\nexport default () => { a['b'](); };", 'not a function'],
];

const ENTRY: Readonly<Record<'endpoint' | 'hook', string>> = { endpoint: 'router', hook: '{ filter, action }' };

export const registrationRows: readonly Row[] = [
  row('3 registration: endpoint', 'all five methods', async (bench) => {
    const source = `export default function (router) {
      for (const method of Object.keys(router)) router[method]('/' + method, (request) => ({ status: 200, body: method }));
    }`;
    await using loaded = await bench.load('endpoint', source);
    expect(
      loaded.info.registrations.map((one) => [one.type, 'method' in one && one.method, 'path' in one && one.path]),
    ).toEqual(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => ['route', method, `/${method.toLowerCase()}`]));
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const response = await bench.host.fetch(
        new Request(`http://h/${loaded.name}/${method.toLowerCase()}`, { method }),
      );
      expect([response.status, await response.text()]).toEqual([200, method.toLowerCase()]);
    }
  }),
  row('3 registration: hook', 'filter and action', async (bench) => {
    await using loaded = await bench.load(
      'hook',
      "export default ({ filter, action, ...rest }) => { filter('a', () => Object.keys(rest)); action('b', () => {}); };",
    );
    expect(loaded.info.registrations).toEqual([
      { type: 'filter', event: 'a', handler: 0 },
      { type: 'action', event: 'b', handler: 1 },
    ]);
    expect(await bench.host.filter('a', 1)).toEqual([]);
  }),
  row('3 registration: operation', 'an object', async (bench) => {
    await using loaded = await bench.load(
      'operation',
      "let calls = 0; export default { id: 'op', handler: () => ++calls };",
    );
    expect(loaded.info.registrations).toEqual([{ type: 'operation', id: 'op', handler: 0 }]);
    expect(await bench.host.operation('op')).toBe(1); // not called before
  }),
  ...TYPE_ERRORS.map(([type, source, message]) =>
    row('3 registration: type errors', `${source} thrown to the extension`, async (bench) => {
      const caught = `try { ${source}; return 'nothing'; } catch (error) { globalThis.found = [error instanceof TypeError, error.message]; }`;
      const answer =
        type === 'endpoint'
          ? "router.get('/found', () => ({ status: 200, body: found }));"
          : "filter('found', () => found);";
      await using loaded = await bench.load(
        type,
        `export default (${ENTRY[type as 'hook']}) => { ${caught} ${answer} };`,
      );
      const found: unknown =
        type === 'endpoint'
          ? await (await bench.host.fetch(new Request(`http://h/${loaded.name}/found`))).json()
          : await bench.host.filter('found', 1);
      expect(found).toEqual([true, message]);
    }),
  ),
  ...TYPE_ERRORS.slice(-4).map(([type, source, message]) =>
    row('3 registration: type errors', `${source} ends the load if it is not caught`, async (bench) => {
      await expect(
        bench.load(type, `export default (${ENTRY[type as 'hook']}) => { ${source}; };`, { name: 'r' }),
      ).rejects.toMatchObject({
        code: 'E_LOAD',
        message: `Cannot load "r": ${message}`,
        cause: { name: 'TypeError', message },
      });
    }),
  ),
  ...CONFIGS.map(([source, message]) =>
    row('3 registration: type errors', source, async (bench) => {
      await expect(bench.load('operation', `export default ${source};`, { name: 'r' })).rejects.toMatchObject({
        code: 'E_LOAD',
        message: `Cannot load "r": ${message}`,
        cause: { name: 'TypeError', message },
      });
    }),
  ),
  ...NOT_GIVEN.map(([type, source, message]) =>
    row('3 registration: not given', source, async (bench) => {
      await expect(bench.load(type, source, { name: 'r' })).rejects.toMatchObject({
        code: 'E_LOAD',
        message: `Cannot load "r": ${message}`,
      });
    }),
  ),
  row('3 registration: async function', 'registers after an await', async (bench) => {
    await using _ = await bench.load(
      'hook',
      "import { sleep } from 'directus:api'; export default async ({ filter }) => { await sleep(1); filter('late', () => 'heard'); };",
    );
    expect(await bench.host.filter('late', 1)).toBe('heard');
  }),
  row('3 registration: async function', 'a rejection ends the load', async (bench) => {
    await expect(
      bench.load('hook', "export default async () => { throw new Error('no'); };", { name: 'r' }),
    ).rejects.toMatchObject({ code: 'E_LOAD', message: 'Cannot load "r": no' });
  }),
  row('3 registration: one id', 'names both', async (bench) => {
    const source = "export default { id: 'taken', handler: () => 1 };";
    await using first = await bench.load('operation', source, { name: 'first' });
    await expect(bench.load('operation', source, { name: 'second' })).rejects.toMatchObject({
      code: 'E_LOAD',
      message: expect.stringMatching(/"taken".*"second".*"first"/),
    });
    expect([first.name, await bench.host.operation('taken')]).toEqual(['first', 1]);
  }),
];
