import { describe, expect, test } from 'vitest';
import * as z from 'zod';

import { toAzureHandler } from '../adapters/azure.js';
import { toGoogleHandler } from '../adapters/google.js';
import { toEventHandler, toLambdaHandler, toSqsHandler } from '../adapters/lambda.js';
import { toFastifyPlugin, toNodeHandler } from '../adapters/node.js';
import { lazyHost, toWebHandler } from '../adapters/web.js';
import { defineCapability } from '../capabilities/define.js';
import { createHost, type Host } from '../host.js';
import { createService, startServer } from '../service/index.js';
import { loadExtension } from '../test-kit/index.js';

const path = { app: 'a.js', api: 'i.js' };
const extension = {
  manifest: {
    name: 'echo',
    version: '1.0.0',
    'directus:extension': { type: 'operation', path, source: path, host: '*', sandbox: { enabled: true } },
  },
  source: "export default { id: 'echo', handler: (options) => options };",
};
const definition = { name: 'items.read', scope: z.object({}), args: z.tuple([]), handler: () => 1 };
const fake = {
  fetch: () => Promise.resolve(new Response()),
  operation: () => Promise.resolve(),
  filter: () => Promise.resolve(),
  action: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** Calls a public function with something wrong in it; what it made in spite of that is closed. */
type Use = (given: never) => unknown;

/** What the types refuse, on purpose. */
// @ts-expect-error whatever it is given
const wrong = (value: unknown): never => value;

const withHost =
  (use: (host: Host, given: never) => unknown): Use =>
  async (given) => {
    await using host = await createHost({ pool: 'inline' });
    await use(host, given);
  };
const host: Host = wrong(fake); // all that is used of it before the check
const adapter =
  (make: (source: never, options: never) => unknown): Use =>
  (options) =>
    make(wrong(fake), options);
const makeHost: Use = async (options) => (await createHost(options)).close();
const serve: Use = async (options) =>
  (await startServer(createService(host), host, Object.assign({ port: 0 }, options))).close(0);

/** For each public function: every option, with values of a wrong type and out of range. */
const TABLE: Record<string, { use: Use; options: Record<string, readonly unknown[]> }> = {
  createHost: {
    use: makeHost,
    options: {
      extensions: [5, '', null],
      include: ['a', [5], ['']],
      exclude: ['a', [null]],
      packageJson: [5, ''],
      isolation: ['Pristine', 'x', 5, null, ''],
      limits: [5, null, 'x', []],
      pool: ['inlin', 'Inline', null, 5, []],
      request: [null, 5, 'x'],
      capabilities: [{}, 'x', [{ ...definition }], [{ ...defineCapability(definition) }], [null]],
      grant: ['x', {}, null],
      onLog: [5, {}],
      logConsole: ['true', 1, null],
      onAudit: [5],
      onCall: [5],
      onError: ['console'],
      onSkip: [5],
      nodeEnv: [5, {}],
      maxBodyBytes: [-1, Number.NaN, Infinity, '5', 1.5, 2 ** 31],
      responseHeaders: ['x', [5], ['a b'], ['']],
      createResponse: [5],
      snapshots: [5, ''],
    },
  },
  'createHost limits': {
    use: (limits) => makeHost(wrong({ limits })),
    options: {
      cpuTimeMs: [0, 60_001, Number.NaN, '5', null, 1.5, -0.5],
      wallTimeMs: [0, 900_001, Infinity],
      loadTimeMs: [0, 60_001],
      memoryLimitBytes: [0, 2 ** 31],
      stackBytes: [0, 2 ** 20],
      maxPendingCapabilityCalls: [-1, 100_001],
      maxCapabilityCalls: [-1, 1e9],
      maxLogLines: [-1, 1e9],
      maxLogBytes: [-1, 2 ** 31],
      maxArgumentBytes: [-1, 2 ** 31],
      maxResultBytes: [-1, 2 ** 31],
    },
  },
  'createHost pool': {
    use: (pool) => makeHost(wrong({ pool })),
    options: {
      inline: ['true', 1, null],
      maxThreads: [0, -1, Number.NaN, '2', 1.5, 1_025, null],
      minThreads: [-1, Number.NaN, 1_025],
      maxQueueLength: [-1, 1e9, '5'],
      maxExtensionQueueLength: [-1, 1e9],
      maxMemoryBytes: [0, 2 ** 41, '64mb'],
      idleTimeoutMs: [-1, 2 ** 31, Infinity],
    },
  },
  'createHost request': {
    use: (request) => makeHost(wrong({ request })),
    options: {
      dispatcher: [5, {}, null],
      lookup: [5, {}],
      denyAddresses: ['10.0.0.1', ['localhost'], [5], [''], ['10.0.0.0/33'], ['10.0.0.9-10.0.0.1-x']],
      allowAddresses: ['10.0.0.1', ['*'], ['10.0.0.256']],
      timeoutMs: [0, 600_001, Number.NaN, '5'],
      maxRequestBytes: [-1, 2 ** 31],
      maxResponseBytes: [-1, 2 ** 31],
      maxRedirects: [-1, 101, 1.5],
    },
  },
  'host.load': {
    use: withHost((made, options) => made.load(extension, options)),
    options: { isolation: ['Pristine', 5], limits: [5, { cpuTimeMs: 0 }, { cpuTime: 5 }] },
  },
  'host.load of an extension in memory': {
    use: withHost((made, given) => made.load(Object.assign({}, extension, given))),
    options: { source: [5, null], sourceMap: [5, null] },
  },
  'host.operation': {
    use: withHost(async (made, call) => {
      await made.load(extension);
      await made.operation('echo', {}, call);
    }),
    options: {
      signal: [5, {}, null],
      wallTimeMs: [0, -1, Number.NaN, Infinity, '5', null, 900_001],
      requestId: [5, null, '', 'x'.repeat(129)],
    },
  },
  'host.filter': {
    use: withHost((made, call) => made.filter('x', {}, call)),
    options: { signal: [5], wallTimeMs: [0] },
  },
  'host.action': {
    use: withHost((made, call) => made.action('x', {}, call)),
    options: { signal: [5], wallTimeMs: [0] },
  },
  'host.fetch': {
    use: withHost((made, call) => made.fetch(new Request('http://localhost/'), call)),
    options: { signal: [5], wallTimeMs: [0] },
  },
  defineCapability: {
    use: (over) => defineCapability(Object.assign({}, definition, over)),
    options: {
      name: [5, null, '', 'a b'],
      module: [5, 'x', 'node:fs'],
      scope: [undefined, null, {}, 'x', z],
      args: [undefined, {}, z.object({}), z.array(z.string())],
      maxArgumentValues: [0, -1, Number.NaN, '5'],
      order: ['scope', 5],
      effect: ['no', 0, null],
      sync: ['x', [{ label: 'x' }], [{ label: 'x', type: 'text' }], [{ label: 'x', type: 'string' }]],
      handler: [undefined, 5, {}],
    },
  },
  createService: {
    use: (options) => createService(host, options),
    options: {
      token: ['', 'short', 5, null],
      maxBodyBytes: [-1, Number.NaN, '5'],
      maxConcurrentRequests: [0, Number.NaN, -1],
      metrics: ['yes', 1],
      metricsSummaries: ['yes', 1],
      metricsToken: ['short', 5],
      status: [true, {}, 5],
    },
  },
  startServer: {
    use: serve,
    options: {
      port: [-1, 65_536, '3000', Number.NaN, null],
      hostname: ['', 5],
      maxConnections: [0, Number.NaN],
      maxHeaderBytes: [0, 2 ** 21],
      headersTimeoutMs: [0, Number.NaN],
      receiveTimeoutMs: [0],
      keepAliveTimeoutMs: [0, -1],
    },
  },
  loadExtension: {
    use: async (options) => (await loadExtension(extension, options)).close(),
    options: {
      capabilities: [{}, [{ name: 'x' }]],
      grant: [5],
      isolation: ['Pristine'],
      limits: [5, { cpuTimeMs: 0 }],
      nodeEnv: [5],
      responseHeaders: ['x'],
      request: [5, {}],
    },
  },
  'a request of the test kit': {
    use: async (given) => {
      await using loaded = await loadExtension(extension);
      await loaded.request('/', given);
    },
    options: { method: [5, ''], headers: ['x', { a: 5 }] },
  },
  toWebHandler: { use: adapter(toWebHandler), options: { basePath: ['x', 5, null], ...deadline() } },
  toLambdaHandler: { use: adapter(toLambdaHandler), options: { basePath: ['x', 5], ...deadline() } },
  toNodeHandler: { use: adapter(toNodeHandler), options: { basePath: ['x', 5], ...deadline() } },
  toFastifyPlugin: { use: adapter(toFastifyPlugin), options: { basePath: ['x', 5], ...deadline() } },
  toGoogleHandler: { use: adapter(toGoogleHandler), options: { basePath: ['x', 5], ...deadline() } },
  toAzureHandler: { use: adapter(toAzureHandler), options: { basePath: ['x', 5], ...deadline() } },
  toEventHandler: { use: adapter(toEventHandler), options: { toInvocation: [5], ...deadline() } },
  toSqsHandler: { use: adapter(toSqsHandler), options: { toInvocation: [5], onFailure: [5], ...deadline() } },
};

function deadline(): Record<string, readonly unknown[]> {
  return { wallTimeMs: [0, Number.NaN, '5', 900_001], reserveMs: [-1, Number.NaN, '5'] };
}

type Row = readonly [name: string, key: string, value: unknown, use: Use];

const rows = Object.entries(TABLE).flatMap(([name, { use, options }]) =>
  Object.entries(options).flatMap(([key, values]) => {
    const wrong = values.map((value): Row => [name, key, value, use]);
    return wrong.concat([[name, `${key}X`, undefined, use]]);
  }),
);

/** What `use` throws, now or later. */
async function thrownBy(use: Use, given: unknown): Promise<unknown> {
  try {
    await use(wrong(given));
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('options of a host', () => {
  test.each(rows)('%s refuses %s: %s', async (_name, key, value, use) => {
    const error = await thrownBy(use, { [key]: value });
    expect(error).toBeInstanceOf(TypeError);
    const { message } = error as TypeError;
    expect(message).toContain(key);
    expect(message).not.toMatch(/Invalid input|Unrecognized|expected|received|undefined|cannot read|node_modules|\n/i);
  });

  test.each(Object.entries(TABLE).filter(([name]) => !/^create(?:Host pool|Host limits|Host request)/.test(name)))(
    '%s takes an option that is undefined as one that is not given',
    async (_name, { use, options }) => {
      const optional = Object.keys(options).filter(
        (key) => !['name', 'scope', 'args', 'handler', 'source', 'port'].includes(key),
      );
      const given = Object.fromEntries(optional.map((key) => [key, undefined]));
      const error = await thrownBy(use, given);
      expect(error instanceof TypeError ? error.message : '').toBe('');
    },
  );

  describe('a wrong word is answered with the right one', () => {
    test.each<[string, Use, unknown, string]>([
      ['a value', makeHost, { isolation: 'Pristine' }, 'Did you mean "pristine"?'],
      ['a key', makeHost, { limts: {} }, 'Did you mean "limits"?'],
      ['a key of a group', makeHost, { request: { denyAddress: [] } }, 'Did you mean "denyAddresses"?'],
      ['a key in the wrong place', makeHost, { cpuTimeMs: 5 }, 'Did you mean "limits.cpuTimeMs"?'],
      ['a swap', serve, { prot: 1 }, 'Did you mean "port"?'],
      ['no word at all', serve, { zzz: 1 }, 'known are port, hostname,'],
      ['several', serve, { prot: 1, hostname: 5 }, 'hostname is 5: it has to be a string that is not empty; prot is'],
    ])('%s', async (_what, use, given, message) => {
      expect(String(await thrownBy(use, given))).toContain(message);
    });
  });

  test.each<[string, Use]>([
    ['createHost', makeHost],
    ['createService', (options) => createService(host, options)],
    ['startServer', (options) => startServer(createService(host), host, options)],
    ['toWebHandler', adapter(toWebHandler)],
    ['defineCapability', (options) => defineCapability(options)],
    ['a call', withHost((made, call) => made.operation('echo', {}, call))],
  ])('%s refuses options that are no object', async (_name, use) => {
    for (const given of [5, 'x', null, [], true]) expect(await thrownBy(use, given)).toBeInstanceOf(TypeError);
  });

  test.each<[string, Use]>([
    ['the host of a service', () => createService(wrong(undefined))],
    ['the service of a server', () => startServer(wrong({}), host)],
    ['the host of a server', () => startServer(createService(host), wrong(null))],
    ['the source of an adapter', () => toWebHandler(wrong(null))],
    ['what a source makes', () => toWebHandler(() => wrong({}))(new Request('http://localhost/'))],
    ['the function of lazyHost', () => lazyHost(wrong({}))],
    ['the id of an operation', withHost((made) => made.operation(wrong(5)))],
    ['the event of a filter', withHost((made) => made.filter(wrong(undefined), {}))],
    ['the event of an action', withHost((made) => made.action(wrong({})))],
    ['the meta of an action', withHost((made) => made.action('x', wrong(5)))],
    ['a request', withHost((made) => made.fetch(wrong('/x')))],
    ['a folder', withHost((made) => made.load(''))],
    ['an extension', withHost((made) => made.load(wrong(undefined)))],
    ['the name of what is unloaded', withHost((made) => made.unload(wrong(5)))],
    ['the name of what is reloaded', withHost((made) => made.reload(wrong(null)))],
    ['the deadline of a close', withHost((made) => made.close(Number.NaN))],
    [
      'the scopes that a policy gives',
      async () => {
        await using made = await createHost({ pool: 'inline', grant: () => wrong(true) });
        await made.load(extension);
      },
    ],
  ])('refuses what is none: %s', async (_what, use) => {
    const error = await thrownBy(use, undefined);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/has to be|has to give/);
  });

  test('a secret is not in the message', async () => {
    const error = await thrownBy((options) => createService(host, options), { token: 'hunter2', metricsToken: 1234 });
    expect(String(error)).toContain('token has 7 characters');
    expect(String(error)).not.toMatch(/hunter2|1234/);
  });
});
