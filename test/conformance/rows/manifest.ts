/* oxlint-disable vitest/no-standalone-expect -- rows run inside of tests */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect } from 'vitest';

import type { ExtensionInfo } from '../../../packages/host/src/types.js';
import { type Bench, packageJson, type Scopes, type Type } from '../bench.js';
import type { Sentence } from '../contract.js';
import { type Row, row } from '../row.js';

const SOURCES: Readonly<Record<Type, string>> = {
  endpoint: "export default (router) => router.get('/', () => ({ status: 200, body: 'ran' }));",
  hook: "export default ({ filter }) => filter('ran', () => 'ran');",
  operation: "export default { id: 'ran', handler: () => 'ran' };",
};

interface Manifest {
  'directus:extension': { type: Type };
}

/** Lays `extra` over a manifest that is valid; a field that is undefined is taken away. */
function manifest(type: Type, extra: object, top: object = {}): Manifest {
  return JSON.parse(JSON.stringify({ ...packageJson('row', type, {}, extra), ...top }));
}

/** Loads a manifest with a source of that type, and hands over what became of it. */
async function loading(bench: Bench, given: unknown, type: Type = 'hook'): Promise<ExtensionInfo> {
  const info = await bench.host.load({ manifest: given, source: SOURCES[type] });
  await bench.host.unload(info.name);
  return info;
}

function valid(sentence: Sentence, title: string, given: Manifest, info: object = {}): Row {
  const { type } = given['directus:extension'];
  return row(sentence, `valid: ${title}`, async (bench) => {
    expect(await loading(bench, given, type)).toMatchObject({ state: 'ready', type, ...info });
  });
}

/** @param reason what the message has to hold beside the name. */
function invalid(sentence: Sentence, title: string, given: unknown, reason: string): Row {
  return row(sentence, `invalid: ${title}`, async (bench) => {
    await expect(loading(bench, given)).rejects.toMatchObject({
      code: 'E_MANIFEST',
      message: expect.stringContaining(reason),
    });
    expect(bench.host.extensions).toEqual([]);
  });
}

const scoped = (requestedScopes: Scopes): Manifest => manifest('hook', { sandbox: { enabled: true, requestedScopes } });
const split = (api: string): object => ({ app: 'dist/app.js', api });

/** Files of a folder by path; objects are JSON, `->` begins a link. */
async function inFolder(files: Record<string, object | string>, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      if (typeof content === 'string' && content.startsWith('->')) await symlink(content.slice(2), join(folder, path));
      else await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
    }
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function outside(title: string, path: string, files: Record<string, string> = {}): Row {
  return row('1 manifest: path inside', title, (bench) =>
    inFolder({ 'e/package.json': packageJson('row', 'hook', {}, { path }), ...files }, async (folder) => {
      await expect(bench.host.load(join(folder, 'e'))).rejects.toMatchObject({
        code: 'E_MANIFEST',
        message: expect.stringContaining('leads out of'),
      });
    }),
  );
}

const request = (scope: unknown): unknown => scoped({ request: scope });

export const manifestRows: readonly Row[] = [
  invalid('1 manifest: name and version', 'no name', manifest('hook', {}, { name: undefined }), 'name'),
  invalid('1 manifest: name and version', 'no version', manifest('hook', {}, { version: undefined }), 'version'),
  invalid('1 manifest: name and version', 'a number as version', manifest('hook', {}, { version: 1 }), 'version'),
  ...['Old.Style_1', '@Acme/x', 'a'.repeat(214)].map((name) =>
    valid('1 manifest: package name', name, manifest('hook', {}, { name }), { name }),
  ),
  ...['@acme', 'a/b', '../a', 'a?', 'a#', '%61', '_a', 'a b', 'vic\ttim', '\u212aelvin', 'a'.repeat(215)].map((name) =>
    invalid('1 manifest: package name', JSON.stringify(name), manifest('hook', {}, { name }), 'npm package'),
  ),
  ...(['endpoint', 'hook', 'operation'] as const).map((type) =>
    valid('1 manifest: types that run', type, manifest(type, {})),
  ),
  ...['interface', 'display', 'layout', 'module', 'panel', 'theme'].map((type) =>
    invalid(
      '1 manifest: types that never run',
      type,
      manifest('hook', { type }),
      `"${type}": only endpoint, hook and operation`,
    ),
  ),
  invalid(
    '1 manifest: types that never run',
    'bundle',
    manifest('hook', { type: 'bundle', path: split('a.js'), sandbox: undefined }),
    'bundles cannot be sandboxed',
  ),
  invalid('1 manifest: types that never run', 'an unknown type', manifest('hook', { type: 'widget' }), 'type'),
  invalid('1 manifest: path shape', 'a split path of a hook', manifest('hook', { path: split('a.js') }), 'path'),
  invalid(
    '1 manifest: path shape',
    'a split path of an endpoint',
    manifest('endpoint', { path: split('a.js') }),
    'path',
  ),
  invalid(
    '1 manifest: path shape',
    'a string as path of an operation',
    manifest('operation', { path: 'a.js' }),
    'path',
  ),
  invalid(
    '1 manifest: path shape',
    'an operation without app',
    manifest('operation', { path: { api: 'a.js' } }),
    'path',
  ),
  valid(
    '1 manifest: path shape',
    'a split path of an operation',
    manifest('operation', { path: split('other/api.js') }),
  ),
  outside('../', '../secret.js', { 'secret.js': SOURCES.hook }),
  outside('an absolute path', '/etc/hostname'),
  outside('a link', 'index.js', { 'secret.js': SOURCES.hook, 'e/index.js': '->../secret.js' }),
  row('1 manifest: path inside', 'a folder further down', (bench) =>
    inFolder(
      {
        'package.json': packageJson('row', 'hook', {}, { path: './a/../b/index.mjs' }),
        'a/x': '',
        'b/index.mjs': SOURCES.hook,
      },
      async (folder) => {
        expect((await bench.host.load(folder)).state).toBe('ready');
        await bench.host.unload('row');
      },
    ),
  ),
  invalid('1 manifest: source', 'no source', manifest('hook', { source: undefined }), 'source'),
  invalid('1 manifest: source', 'a split source of a hook', manifest('hook', { source: split('a') }), 'source'),
  valid('1 manifest: source', 'a source that is not there', manifest('hook', { source: 'not/there.ts' })),
  invalid('1 manifest: host', 'no host', manifest('hook', { host: undefined }), 'host'),
  invalid('1 manifest: host', 'a number as host', manifest('hook', { host: 10 }), 'host'),
  valid('1 manifest: host', 'a range that fits nothing', manifest('hook', { host: '^0.0.1' })),
  invalid('1 manifest: enabled', 'no sandbox', manifest('hook', { sandbox: undefined }), 'not a sandboxed extension'),
  invalid('1 manifest: enabled', 'enabled is absent', manifest('hook', { sandbox: {} }), 'not a sandboxed extension'),
  invalid(
    '1 manifest: enabled',
    'enabled is false',
    manifest('hook', { sandbox: { enabled: false } }),
    'not a sandboxed extension',
  ),
  invalid(
    '1 manifest: enabled',
    'enabled is no boolean',
    manifest('hook', { sandbox: { enabled: 'true' } }),
    'enabled',
  ),
  valid('1 manifest: scopes default', 'no scopes', manifest('hook', { sandbox: { enabled: true } }), {
    requested: {},
  }),
  valid(
    '1 manifest: scopes shape',
    'all three',
    scoped({
      log: {},
      sleep: {},
      request: { urls: ['https://x.test/*'], methods: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] },
    }),
    {
      requested: {
        log: {},
        sleep: {},
        request: { urls: ['https://x.test/*'], methods: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] },
      },
    },
  ),
  row('1 manifest: unknown', 'unknown keys and scopes', async (bench) => {
    const given = manifest(
      'hook',
      { colour: 'red', sandbox: { enabled: true, colour: 'red', requestedScopes: { log: {}, teleport: { to: 'x' } } } },
      { colour: 'red' },
    );
    expect((await loading(bench, given)).requested).toStrictEqual({ log: {} });
  }),
  invalid(
    '1 manifest: scopes invalid',
    'request without methods',
    request({ urls: [] }),
    'requestedScopes.request.methods',
  ),
  invalid(
    '1 manifest: scopes invalid',
    'request without urls',
    request({ methods: [] }),
    'requestedScopes.request.urls',
  ),
  invalid('1 manifest: scopes invalid', 'request: {}', request({}), 'requestedScopes.request'),
  invalid('1 manifest: scopes invalid', 'request: true', request(true), 'requestedScopes.request'),
  invalid(
    '1 manifest: scopes invalid',
    'a lower-case method',
    request({ urls: [], methods: ['get'] }),
    'requestedScopes.request.methods',
  ),
  invalid(
    '1 manifest: scopes invalid',
    'a method that is none of the five',
    request({ urls: [], methods: ['OPTIONS'] }),
    'requestedScopes.request.methods',
  ),
  invalid(
    '1 manifest: scopes invalid',
    'a number as URL',
    request({ urls: [5], methods: [] }),
    'requestedScopes.request.urls',
  ),
  invalid('1 manifest: scopes invalid', 'log: true', scoped({ log: true }), 'requestedScopes.log'),
  invalid('1 manifest: scopes invalid', 'sleep: null', scoped({ sleep: null }), 'requestedScopes.sleep'),
  row('1 manifest: extra keys', 'inside log, sleep and request', async (bench) => {
    const given = scoped({
      log: { level: 'error' },
      sleep: { max: 5 },
      request: { urls: [], methods: [], retries: 3 },
    });
    expect((await loading(bench, given)).requested).toStrictEqual({
      log: {},
      sleep: {},
      request: { urls: [], methods: [] },
    });
  }),
  row('1 manifest: empty arrays', 'no URL', async (bench) => {
    await using _ = await bench.load(
      'operation',
      "import { request } from 'directus:api'; export default { id: 'r', handler: () => request('https://x.test/') };",
      {
        scopes: { request: { urls: [], methods: ['GET'] } },
      },
    );
    await expect(bench.host.operation('r')).rejects.toMatchObject({
      code: 'E_SCOPE',
      message: 'No permission to request "https://x.test/"',
    });
  }),
  row('1 manifest: empty arrays', 'no method', async (bench) => {
    await using _ = await bench.load(
      'operation',
      "import { request } from 'directus:api'; export default { id: 'r', handler: () => request('https://x.test/') };",
      {
        scopes: { request: { urls: ['https://x.test/*'], methods: [] } },
      },
    );
    await expect(bench.host.operation('r')).rejects.toMatchObject({
      code: 'E_SCOPE',
      message: 'No permission to use request method "GET"',
    });
  }),
  invalid(
    '1 manifest: bundle',
    'with a sandbox block',
    manifest('hook', { type: 'bundle', path: split('a.js') }),
    'a bundle must not have a sandbox block',
  ),
  row('1 manifest: one invalid', 'in a folder of three', (bench) =>
    inFolder(
      {
        'e/a/package.json': packageJson('a', 'hook', { log: true }),
        'e/a/dist/index.js': SOURCES.hook,
        'e/b/package.json': packageJson('b', 'hook'),
        'e/b/dist/index.js': 'export default 5;',
        'e/c/package.json': packageJson('c', 'hook'),
        'e/c/dist/index.js': SOURCES.hook,
      },
      async (folder) => {
        await using other = await bench.open({ extensions: join(folder, 'e') });
        expect(await other.host.filter('ran', 1)).toBe('ran');
        const messages = other.reported.map(({ error }) => error.message);
        expect(messages).toHaveLength(2);
        for (const part of [join(folder, 'e', 'a'), 'requestedScopes.log', 'has to be an object'])
          expect(messages[0]).toContain(part);
        expect(messages[1]).toContain('Cannot load "b"');
      },
    ),
  ),
];
