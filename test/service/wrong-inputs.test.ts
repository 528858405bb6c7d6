import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createHost, type Host } from '@sandglass/host';
import { createService, type Service } from '@sandglass/host/service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { runCli } from '../../packages/host/src/cli/cli.js';
import { fakeIo } from '../../packages/host/src/cli/testing/fake-io.js';

/**
 * What no answer to a mistake may hold: a stack of the host, a text of zod, a value that JavaScript
 * made of nothing.
 */
const NOISE =
  /node_modules|dist\/|\.ts:\d|node:internal|Invalid input|Unrecognized|received|ZodError|\[object |is not a function|Cannot read propert|undefined/;

/** Files, and then a command; what its output has to hold: what, where, and how to mend it. */
type Typed = readonly [files: Record<string, unknown>, args: string, ...parts: string[]];

const extension = (over: object = {}, top: object = {}): object => ({
  name: 'x',
  version: '1.0.0',
  'directus:extension': { type: 'hook', path: 'i.js', source: 'i.js', host: '*', sandbox: { enabled: true }, ...over },
  ...top,
});
const scoped = (requestedScopes: unknown): object => extension({ sandbox: { enabled: true, requestedScopes } });
const url = (...urls: unknown[]): object => scoped({ request: { urls, methods: ['GET'] } });
/**
 * `snapshot` reads the built file, `run` what an author wrote; what is no extension, `snapshot`
 * takes for a folder of some.
 */
const manifest = (content: unknown, ...parts: string[]): Typed => {
  const command = JSON.stringify(content).includes('directus:extension') ? 'snapshot x' : 'run x --action a';
  return [{ 'x/package.json': content, 'x/i.js': 'export default () => {};' }, command, ...parts];
};
const source = (code: string, ...parts: string[]): Typed => [
  { 'x/package.json': extension(), 'x/i.js': code },
  'run x --action a',
  ...parts,
];
const config = (content: unknown, ...parts: string[]): Typed => [
  { 'sandglass.config.json': content },
  'serve --print-config',
  'sandglass.config.json',
  ...parts,
];
const flag = (args: string, ...parts: string[]): Typed => [{}, `serve --print-config ${args}`, ...parts];
const variable = (setting: string, ...parts: string[]): Typed => [{}, `${setting} serve --print-config`, ...parts];

const RANGES: Record<string, [key: string, range: string]> = {
  'cpu-time-ms': ['limits.cpuTimeMs', 'from 1 to 60000'],
  'wall-time-ms': ['limits.wallTimeMs', 'from 1 to 900000'],
  'load-time-ms': ['limits.loadTimeMs', 'from 1 to 60000'],
  'memory-limit-bytes': ['limits.memoryLimitBytes', 'from 1048576 to 1073741824'],
  'stack-bytes': ['limits.stackBytes', 'from 16384 to 262144'],
  'max-log-lines': ['limits.maxLogLines', 'from 0 to 1000000'],
  'max-threads': ['pool.maxThreads', 'from 0 to 1024'],
  'min-threads': ['pool.minThreads', 'from 0 to 1024'],
  'max-queue-length': ['pool.maxQueueLength', 'from 0 to 1000000'],
  'idle-timeout-ms': ['pool.idleTimeoutMs', 'from 0 to 2147483647'],
  'request-timeout-ms': ['request.timeoutMs', 'from 1 to 600000'],
  'request-max-redirects': ['request.maxRedirects', 'from 0 to 100'],
  port: ['service.port', 'from 0 to 65535'],
  'max-connections': ['service.maxConnections', 'from 1 to 1000000'],
  'grace-ms': ['service.graceMs', 'from 0 to 600000'],
  'max-body-bytes': ['maxBodyBytes', 'from 0 to 1073741824'],
};

/** The same mistakes as a flag, as a variable and in the file. */
const ranges = Object.entries(RANGES).flatMap(([name, [key, range]]): Typed[] => {
  const env = `SANDGLASS_${name.replaceAll('-', '_').toUpperCase()}`;
  const nested = (value: unknown): unknown =>
    key.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
  return [
    flag(`--${name}=-1`, `--${name} is -1`, range),
    flag(`--${name} many`, `--${name} is "many"`, range),
    variable(`${env}=1e99`, `${env} is "1e99"`, range),
    config(nested(1.5), `${key} is 1.5`, range),
    config(nested('1'), `${key} is "1"`, range),
    config(nested(null), `${key} is null`, range),
  ];
});

const TYPED: readonly Typed[] = [
  ...ranges,
  flag('--include ,', '--include is ""', 'not empty'),
  flag('--exclude a,,b', '--exclude is ""', 'not empty'),
  flag('--request-deny-addresses ,', '--request-deny-addresses is ""', 'an address'),
  // manifests
  manifest('{', 'package.json is not JSON'),
  manifest('', 'package.json is not JSON'),
  manifest('[]', 'package.json', 'is an array', 'has to be an object'),
  manifest('null', 'package.json', 'is null', 'has to be an object'),
  manifest({ name: 'x' }, 'version is missing', 'a string'),
  manifest({ name: 'x', version: '1.0.0' }, 'directus:extension is missing', 'no extension'),
  manifest({ name: 'x', version: 5, 'directus:extension': 5 }, 'version is 5', 'a string'),
  manifest(extension({}, { name: undefined }), 'name is missing'),
  manifest(extension({}, { name: 5 }), 'name is 5'),
  manifest(extension({ type: 'hok' }), 'directus:extension.type is "hok"', '"hook"'),
  manifest(extension({ type: undefined }), 'directus:extension.type is missing', '"hook"'),
  manifest(extension({ type: 'panel' }), 'directus:extension.type is "panel"', 'only endpoint, hook and operation'),
  manifest(extension({ type: 'bundle' }), 'directus:extension.type is "bundle"', 'would not be sandboxed'),
  manifest(extension({ type: 'operation' }), 'directus:extension.path is "i.js"', '{ app, api }'),
  manifest(extension({ path: { app: 'a', api: 'b' } }), 'directus:extension.path is an object', 'a string'),
  manifest(extension({ path: '' }), 'directus:extension.path is ""', 'not empty'),
  manifest(extension({ path: 'i\0.js' }), 'directus:extension.path: must not hold a NUL'),
  manifest(extension({ source: 'i\0.js' }), 'directus:extension.source: must not hold a NUL'),
  manifest(extension({ path: 'gone.js' }), 'directus:extension.path', '"gone.js" does not exist'),
  manifest(extension({ path: '../x.js' }), 'directus:extension.path', '"../x.js" leads out of the extension'),
  manifest(extension({ source: undefined }), 'directus:extension.source is missing'),
  manifest(extension({ host: 10 }), 'directus:extension.host is 10', 'a string'),
  manifest(extension({ sandbox: true }), 'directus:extension.sandbox is true', 'an object'),
  manifest(extension({ sandbox: { enabled: 'yes' } }), 'directus:extension.sandbox.enabled is "yes"', 'true or false'),
  manifest(extension({ sandbox: {} }), 'directus:extension.sandbox.enabled is not true', 'not a sandboxed extension'),
  manifest(scoped([]), 'requestedScopes is an array', 'an object'),
  manifest(scoped({ log: true }), 'requestedScopes.log is true', 'an object'),
  manifest(scoped({ sleep: 5 }), 'requestedScopes.sleep is 5', 'an object'),
  manifest(scoped({ request: {} }), 'requestedScopes.request.urls is missing', 'an array'),
  manifest(scoped({ request: { urls: 'x', methods: [] } }), 'requestedScopes.request.urls is "x"', 'an array'),
  manifest(
    scoped({ request: { urls: [], methods: ['get'] } }),
    'request.methods[0] is "get"',
    '"GET"',
    'Did you mean "GET"?',
  ),
  manifest(scoped({ request: { urls: [], methods: ['FETCH'] } }), 'request.methods[0] is "FETCH"', '"PATCH"'),
  manifest(url(5), 'request.urls[0] is 5', 'a string'),
  manifest(url('ftp://x.com/'), 'request.urls', 'ftp://x.com/'),
  manifest(url('https://u:p@x.com/'), 'request.urls', 'https://u:p@x.com/'),
  manifest(url('https://*x.com/'), 'request.urls', 'https://*x.com/'),
  // sources
  source('export default 5;', 'x'),
  source('', 'x'),
  source("import 'node:fs';", 'prohibited'),
  source('module.exports = 1;', 'x'),
  source('export default () => { throw new Error("own words"); }', 'own words'),
  // configuration files
  config('{', 'Cannot read', '(sandglass.config.json:1:2)'),
  config('{\n  "limits": {},\n}', 'Expected double-quoted property name (sandglass.config.json:3:1)'),
  config('// none\n{}', "Unexpected token '/' (sandglass.config.json:1:1)"),
  [{ 'c.yaml': '' }, 'serve --print-config --config c.yaml', 'Cannot read "c.yaml"', 'end in .json or .mjs'],
  [
    { 'x/package.json': extension({ type: 'endpoint' }), 'x/i.js': 'export default () => {};' },
    'run x --method=',
    '--method',
  ],
  config('[]', 'has to hold an object'),
  config('5', 'has to hold an object'),
  config({ port: 1 }, 'port is unknown', 'Did you mean "service.port"?'),
  config({ prot: 1 }, 'prot is unknown', 'Did you mean "service.port"?'),
  config({ limit: {} }, 'limit is unknown', 'Did you mean "limits"?'),
  config({ limits: { cpuTime: 1 } }, 'limits.cpuTime is unknown', 'Did you mean "cpuTimeMs"?'),
  config({ limits: [] }, 'limits is an array', 'an object'),
  config({ pool: 'inline' }, 'pool is "inline"', 'an object'),
  config({ isolation: 'Pristine' }, 'isolation is "Pristine"', 'Did you mean "pristine"?'),
  config({ isolation: 5 }, 'isolation is 5', '"pristine" or "persistent"'),
  config({ include: 'x' }, 'include is "x"', 'an array'),
  config({ exclude: [5] }, 'exclude[0] is 5', 'a string'),
  config({ extensions: 5 }, 'extensions is 5', 'a string'),
  config({ nodeEnv: 5 }, 'nodeEnv is 5', 'a string, or null'),
  config({ responseHeaders: ['a b'] }, 'responseHeaders[0] is "a b"', 'the name of a header'),
  config({ request: { denyAddresses: ['localhost'] } }, 'request.denyAddresses[0] is "localhost"', 'an address'),
  config({ request: { denyAddress: [] } }, 'request.denyAddress is unknown', 'Did you mean "denyAddresses"?'),
  config({ request: { allowAddresses: '10.0.0.1' } }, 'request.allowAddresses is "10.0.0.1"', 'an array'),
  config({ service: { token: 'short' } }, 'service.token has 5 characters', '16'),
  config({ service: { metrics: 'yes' } }, 'service.metrics is "yes"', 'true or false'),
  config({ service: { logLevel: 'warning' } }, 'service.logLevel is "warning"', '"warn"'),
  config({ service: { hostname: '' } }, 'service.hostname is ""', 'not empty'),
  config({ capabilities: [{ name: 'x' }] }, 'capabilities[0] is an object', 'defineCapability'),
  config({ grant: 'x' }, 'grant is "x"', 'a function'),
  [{ 'sandglass.config.ts': '' }, 'serve --print-config', '"sandglass.config.ts" is not read', '--config'],
  [
    { 'sandglass.config.mjs': 'throw new Error("own words")' },
    'serve --print-config',
    'sandglass.config.mjs',
    'own words',
  ],
  [
    { 'sandglass.config.mjs': 'export const x = 1;' },
    'serve --print-config',
    'sandglass.config.mjs',
    'has to hold an object',
  ],
  [{}, 'serve --print-config --config gone.json', 'gone.json'],
  // flags and words
  [{}, 'serv', 'Unknown command "serv"', 'Did you mean "serve"?'],
  [{}, 'SERVE', 'Unknown command "SERVE"', 'Did you mean "serve"?'],
  [{}, 'zzzzz', 'Unknown command "zzzzz"', '--help'],
  [{}, 'run', '<folder> is missing', '--help'],
  [{}, 'run a b', 'Unexpected argument "b"'],
  [{}, 'init panel', '"panel"', 'endpoint, hook, operation'],
  [{ 'taken/x': '' }, 'init hook taken', '"taken" exists and is not empty'],
  [{}, 'init hook Bad', '"Bad"', 'lower-case'],
  [{}, 'completion tcsh', '"tcsh"', 'bash, zsh, fish'],
  flag('--pot 1', '--pot', 'Did you mean --port?'),
  flag('--cpu-time 1', '--cpu-time', 'Did you mean --cpu-time-ms?'),
  flag('--port', '--port', 'argument missing'),
  flag('--status=1', '--status', 'does not take an argument'),
  flag('--isolation none', '--isolation is "none"', '"pristine" or "persistent"'),
  flag('--token x', '--token has 1 characters', '16'),
  flag('--log-format xml', '--log-format is "xml"', '"auto", "json" or "pretty"'),
  flag('--request-deny-addresses 10.0.0.1,here', '--request-deny-addresses is "here"', 'an address'),
  flag('--memory-limit-bytes 5s', '--memory-limit-bytes is "5s"', 'for example 32MB'),
  [{ 'x/package.json': extension() }, 'run x --port 1', '--port', 'does not take it'],
  [
    { 'x/package.json': extension(), 'x/i.js': 'export default () => {};' },
    'run x --path /',
    '--path is not for "x"',
    'hook',
  ],
  [{ 'x/package.json': extension(), 'x/i.js': 'export default () => {};' }, 'run x', '"x" is a hook', '--filter'],
  [
    { 'x/package.json': extension(), 'x/i.js': 'export default () => {};' },
    'run x --action a --meta {',
    '--meta has to be JSON',
  ],
  [
    { 'x/package.json': extension(), 'x/i.js': 'export default () => {};' },
    'run x --action a --meta 5',
    '--meta',
    'object',
  ],
  // variables
  variable('SANDGLASS_PROT=1', 'SANDGLASS_PROT', 'Did you mean SANDGLASS_PORT?'),
  variable('SANDGLASS_ISOLATION=Pristine', 'SANDGLASS_ISOLATION is "Pristine"', 'Did you mean "pristine"?'),
  variable('IMPORT_IP_DENY_LIST=localhost', 'IMPORT_IP_DENY_LIST is "localhost"', 'an address'),
  variable('EXTENSIONS_SANDBOX_MEMORY=lots', 'EXTENSIONS_SANDBOX_MEMORY is "lots"', 'an integer'),
  variable('EXTENSIONS_SANDBOX_TIMEOUT=soon', 'EXTENSIONS_SANDBOX_TIMEOUT is "soon"', 'an integer'),
  variable('MAX_PAYLOAD_SIZE=big', 'MAX_PAYLOAD_SIZE is "big"', 'for example 32MB'),
  variable('PORT=http', 'PORT is "http"', 'from 0 to 65535'),
  variable('LOG_LEVEL=loud', 'LOG_LEVEL is "loud"', '"debug", "info", "warn" or "error"'),
  // folders
  [{}, 'serve gone -p 0', '/gone"', 'no such folder'],
  [{ file: '' }, 'serve file -p 0', '/file"', 'it is not a folder'],
  [{}, 'run gone', '/gone"', 'does not exist'],
  [{ 'x/readme': '' }, 'run x', '/x"', '"package.json" does not exist'],
  [{ 'all/x/package.json': extension() }, 'run all', '/all" is a folder of extensions', 'name one of them, x'],
  [{}, 'inspect gone', 'does not exist'],
  [{}, 'snapshot gone', 'no such folder'],
];

let folder: string;

async function write(files: Record<string, unknown>): Promise<string> {
  const cwd = await mkdtemp(join(folder, 'case-'));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, path)), { recursive: true });
    await writeFile(join(cwd, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return cwd;
}

/** Requests to a service with one extension, `x`, and a token. */
type Asked = readonly [request: string, init: RequestInit, status: number, ...parts: string[]];

const TOKEN = 'a-token-of-some-length';
const bearer = { authorization: `Bearer ${TOKEN}` };
const post = (body: string, headers: Record<string, string> = bearer): RequestInit => ({
  method: 'POST',
  body,
  headers,
});
const json = { 'content-type': 'application/json' };

const ASKED: readonly Asked[] = [
  ['/gone', {}, 404, 'ROUTE_NOT_FOUND'],
  ['/x/gone', {}, 404, 'ROUTE_NOT_FOUND'],
  ['/x', { method: 'DELETE' }, 404, 'ROUTE_NOT_FOUND'],
  ['/x/throws', {}, 500, 'INTERNAL_SERVER_ERROR'],
  ['/x/status', {}, 500, 'INTERNAL_SERVER_ERROR'],
  ['/x/loop', {}, 500, 'INTERNAL_SERVER_ERROR'],
  ['/x/echo', post('{', json), 400, 'INVALID_PAYLOAD'],
  ['/x/echo', post('x'.repeat(2_000_000), json), 413],
  ['/_sandglass/gone', { headers: bearer }, 404, 'ROUTE_NOT_FOUND'],
  ['/_sandglass/operations/x', post('{}', {}), 401, 'INVALID_CREDENTIALS'],
  ['/_sandglass/operations/x', post('{}', { authorization: 'Bearer wrong' }), 401, 'INVALID_CREDENTIALS'],
  ['/_sandglass/operations/gone', post('{}'), 404, 'E_NOT_FOUND', 'No operation \\"gone\\" is loaded'],
  ['/_sandglass/operations/gone', { headers: bearer }, 405, 'POST'],
  ['/_sandglass/operations/x', post('{'), 400, 'is not JSON'],
  ['/_sandglass/operations/%ff', post('{}'), 400, 'percent-encoded'],
  ['/_sandglass/actions/x', post('5'), 400, 'has to be an object'],
  ['/_sandglass/filters/x', post('x'.repeat(2_000_000)), 413, '1048576 bytes'],
];

let host: Host;
let service: Service;

/** Root may read everything: it runs the command as nobody. */
function runAsNobody(args: readonly string[]): Promise<string> {
  const main = fileURLToPath(new URL('../../packages/host/dist/bundle/main.js', import.meta.url));
  const options = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { ...options, env: {}, cwd: '/' }, (_error, out, err) =>
      resolve(out + err),
    );
  });
}

describe('wrong inputs', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandglass-wrong-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(TYPED.map((typed) => [typed[1], typed] as const))('%s', async (line, [files, , ...parts]) => {
    const words = line.split(' ');
    const settings = words.filter((word) => /^[A-Z_]+=/.test(word)).map((word) => word.split('=') as [string, string]);
    const io = fakeIo({ cwd: await write(files), env: Object.fromEntries(settings) });
    const code = await runCli(words.slice(settings.length), io);
    const printed = io.err() + io.out();
    expect(code).toBeGreaterThan(0);
    for (const part of parts) expect(printed).toContain(part);
    expect(printed).not.toMatch(NOISE);
  });

  beforeAll(async () => {
    host = await createHost({ pool: { maxThreads: 1 }, limits: { cpuTimeMs: 50 }, onError: () => {} });
    await host.load({
      manifest: extension({ type: 'endpoint' }),
      source: `export default (router) => {
      router.get('/throws', () => { throw new Error('no'); });
      router.get('/status', () => ({ status: 'x' }));
      router.get('/loop', () => { for (;;); });
      router.post('/echo', ({ body }) => ({ status: 200, body }));
    };`,
    });
    service = createService(host, { token: TOKEN });
  });
  afterAll(() => host.close(0));

  test.each(ASKED.map((asked) => ({ path: asked[0], asked })))('a request of $path is answered', async ({ asked }) => {
    const [path, init, status, ...parts] = asked;
    const response = await service.fetch(new Request(`http://localhost${path}`, init));
    const text = await response.text();
    expect(response.status).toBe(status);
    for (const part of parts) expect(text).toContain(part);
    expect(text).not.toMatch(NOISE);
  });

  test('there are 200 of them, and each is asked once', () => {
    expect(TYPED.length + ASKED.length).toBeGreaterThanOrEqual(200);
    expect(new Set(TYPED.map((typed) => JSON.stringify(typed.slice(0, 2)))).size).toBe(TYPED.length);
  });

  test.runIf(process.platform !== 'win32')(
    'a folder that may not be read is told from one that is missing',
    async () => {
      const cwd = await write({ 'all/x/package.json': extension(), 'all/x/i.js': '' });
      await Promise.all([chmod(folder, 0o755), chmod(cwd, 0o755), chmod(join(cwd, 'all'), 0o700)]);
      expect(await runAsNobody(['serve', join(cwd, 'all'), '-p', '0'])).toContain('may not');
      await Promise.all([chmod(join(cwd, 'all'), 0o755), chmod(join(cwd, 'all/x'), 0o700)]);
      expect(await runAsNobody(['run', join(cwd, 'all/x'), '--action', 'a'])).toContain('may not');
    },
  );
});
