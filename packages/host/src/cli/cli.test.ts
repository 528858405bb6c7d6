import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { readAuthored } from '../authoring/read-authored.js';
import { COMMANDS, runCli } from './cli.js';
import { fakeIo } from './testing/fake-io.js';
import { makeFolder, packageJson } from './testing/files.js';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const PHONE_PARSER = join(ROOT, 'node_modules/@ribertec/directus-extension-phone-parser');

interface Ran {
  code: number;
  out: string;
  err: string;
}

async function sandglass(args: string[], options: Parameters<typeof fakeIo>[0] = {}): Promise<Ran> {
  const io = fakeIo(options);
  const code = await runCli(args, io);
  return { code, out: io.out(), err: io.err() };
}

const endpoint = (source: string, scopes: object = {}): Promise<string> =>
  makeFolder({ 'package.json': packageJson('under-test', 'endpoint', scopes), 'index.js': source });

const HOSTILE = '\u001b[2J\u009b31m\u202e\u0007';

describe('runCli', () => {
  test('shows how it is used, and each command', async () => {
    const { code, out } = await sandglass(['--help']);
    expect(code).toBe(0);
    for (const name of Object.keys(COMMANDS)) {
      expect(out).toContain(name);
      expect(await sandglass([name, '--help'])).toMatchObject({
        code: 0,
        out: expect.stringContaining(`sandglass ${name}`),
        err: '',
      });
    }
  });

  test('prints its version', async () => {
    expect(await sandglass(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test.each<[string, string[], string]>([
    ['no command', [], ''],
    ['an unknown command', ['fly'], 'Unknown command "fly"'],
    ['a name of every object', ['constructor'], 'Unknown command "constructor"'],
    ['an unknown flag', ['run', '.', '--nope'], "Unknown option '--nope'"],
    ['no folder', ['run'], '<folder> is missing'],
    [
      'a setting out of range',
      ['run', '.', '--cpu-time-ms', '0'],
      '--cpu-time-ms is 0: it has to be an integer from 1 to 60000',
    ],
    ['JSON that is none', ['run', PHONE_PARSER, '--options', '{'], '--options has to be JSON'],
    ['a flag of another type', ['run', PHONE_PARSER, '--method', 'GET'], 'its type is operation'],
  ])('exits with 2 for %s', async (_what, args, message) => {
    const { code, err } = await sandglass(args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test('prints the configuration without running anything', async () => {
    const { code, out } = await sandglass(['serve', 'nowhere', '--port', '0', '--print-config'], { cwd: '/srv' });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ extensions: '/srv/nowhere', service: { port: 0 } });
  });

  test('runs an operation of a published extension', async () => {
    const { code, out, err } = await sandglass([
      'run',
      PHONE_PARSER,
      '--options',
      '{"phoneNumber":"+55 11 91234-5678","phone":"+55 11 91234-5678"}',
    ]);
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringMatching(/loaded in \d+ ms, called in [\d.]+ ms/),
    });
    expect(JSON.parse(out)).toBeTypeOf('object');
  });

  test('sends a request to a route', async () => {
    const folder = await endpoint(
      "export default (router) => router.put('/a', ({ url, headers, body }) => ({ status: 201, body: { url, x: headers['x-a'], body } }));",
    );
    const { code, out } = await sandglass([
      'run',
      folder,
      '--method',
      'put',
      '--path',
      '/a?b=1',
      '--body',
      '{"c":2}',
      '--header',
      'x-a: d:e',
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ status: 201, body: { url: '/a?b=1', x: 'd:e', body: { c: 2 } } });
  });

  test('shows what a call did, and when', async () => {
    const folder = await endpoint(
      "import { log, sleep } from 'directus:api'; export default (router) => router.get('/', async () => { log('begin'); await sleep(20); await sleep(10); return { status: 200 }; });",
      { log: {}, sleep: {} },
    );
    const { err } = await sandglass(['run', folder, '--trace']);
    const lines = err.split('\n').filter((line) => / ms /.test(line) && !line.includes('loaded in'));
    expect(lines.map((line) => /(guest|info begin|sleep done|route ended: ok)/.exec(line)?.[1])).toEqual([
      'guest',
      'info begin',
      'sleep done',
      'guest',
      'sleep done',
      'guest',
      'route ended: ok',
    ]);
    const { trace } = JSON.parse((await sandglass(['run', folder, '--trace', '--json'])).out) as {
      trace: { atMs: number }[];
    };
    expect(trace.map(({ atMs }) => atMs)).toEqual(trace.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
  });

  test.each([
    ['run', "export default (router) => {\n  router.get('/', () => { null.x; });\n};", '> 2 |', 1],
    ['run', "import { fetchh } from 'directus:api';\nexport default fetchh;", '> 1 | import { fetchh }', 1],
    ['run', "import fs from 'node:fs';\nexport default fs;", "> 1 | import fs from 'node:fs'", 1],
    ['run', 'export default {;', '> 1 | export default {;', 1],
    ['inspect', "import { fetchh } from 'directus:api';\nexport default fetchh;", '> 1 | import { fetchh }', 1],
    ['inspect', "import fs from 'node:fs';\nexport default fs;", "> 1 | import fs from 'node:fs'", 1],
    ['inspect', 'export default {;', '> 1 | export default {;', 1],
    ['inspect', 'export default (router) => {\n  router.embed();\n};', '> 2 |   router.embed();', 1],
  ])('%s shows the code of a mistake: %s', async (command, source, frame, code) => {
    const ran = await sandglass([command, await endpoint(source)]);
    expect(ran.code).toBe(code);
    expect(ran.out + ran.err).toContain(frame);
    expect(ran.out + ran.err).toMatch(/index\.js:\d+:\d+/);
    expect(ran.out + ran.err).not.toMatch(/packages\/host/);
  });

  test('inspects what is never called, and what will be refused', async () => {
    const source = "import { request } from 'directus:api'; export default () => request;";
    const scopes = { request: { urls: ['http://127.0.0.1:3999/*', 'https://a.example/*'], methods: ['GET'] } };
    const { out, code } = await sandglass(['inspect', await endpoint(source, scopes)]);
    expect(code).toBe(0);
    expect(out).toMatch(/Requests to 127\.0\.0\.1 are refused.*--request-allow-addresses[^]*registers nothing/);
    expect(out).not.toContain('Requests to a.example');
  });

  test('builds an extension of two files', async () => {
    const folder = await makeFolder({
      'package.json': {
        ...packageJson('two', 'operation'),
        'directus:extension': {
          ...(packageJson('two', 'operation') as { 'directus:extension': object })['directus:extension'],
          path: { app: 'dist/app.js', api: 'dist/api.js' },
          source: { app: 'src/app.ts', api: 'src/api.ts' },
        },
      },
      'src/app.ts':
        "import { defineOperationApp } from '@directus/extensions-sdk';\nexport default defineOperationApp({});",
      'src/api.ts': "import { greet } from './greet.js';\nexport default { id: 'two', handler: () => greet('you') };",
      'src/greet.ts': 'export const greet = (name: string): string => `hello ${name}`;',
    });
    expect(await sandglass(['build'], { cwd: folder })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^src\/api\.ts → dist\/api\.js, .*\nsrc\/app\.ts → dist\/app\.js, /),
    });
    expect(await readFile(join(folder, 'dist/app.js'), 'utf8')).toContain('from "@directus/extensions-sdk"');
    expect((await readdir(join(folder, 'dist'))).toSorted()).toEqual(['api.js', 'api.js.map', 'app.js', 'app.js.map']);
    expect((await sandglass(['run', '.'], { cwd: folder })).out).toBe('"hello you"\n');
  });

  test.each([
    [
      'a mistake',
      { 'src/index.ts': 'const = 1;' },
      { source: 'src/index.ts', path: 'dist/index.js' },
      '> 1 | const = 1;',
    ],
    ['nothing to build', {}, { source: 'index.js', path: 'index.js' }, 'There is nothing to build'],
    ['a way out of the folder', { 'src/index.ts': '' }, { source: 'src/index.ts', path: '../index.js' }, 'leads out'],
  ])('build says of %s what is wrong', async (_, files, paths, message) => {
    const made = packageJson('x', 'hook') as { 'directus:extension': object };
    const manifest = { ...made, 'directus:extension': { ...made['directus:extension'], ...paths } };
    const { code, err } = await sandglass(['build'], { cwd: await makeFolder({ 'package.json': manifest, ...files }) });
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining(message) });
  });

  test('runs filters and actions', async () => {
    const source =
      "import { log } from 'directus:api'; export default ({ filter, action }) => { filter('a.b', (x) => ({ ...x, seen: true })); action('c', ({ event, n }) => log(event + n)); };";
    const folder = await makeFolder({ 'package.json': packageJson('hooked', 'hook', { log: {} }), 'index.js': source });
    expect(JSON.parse((await sandglass(['run', folder, '--filter', 'a.b', '--payload', '{"n":1}'])).out)).toEqual({
      n: 1,
      seen: true,
    });
    expect((await sandglass(['run', folder, '--action', 'c', '--meta', '{"n":1}'])).err).toContain('info  c1');
    expect((await sandglass(['run', folder])).code).toBe(2);
    const unheard = await sandglass(['run', folder, '--filter', 'other', '--payload', '{"n":1}']);
    expect(unheard.err).toContain(
      'Nothing ran: "hooked" has no hook for this event. It registers filter a.b, action c\n',
    );
  });

  test.each(['run', 'inspect'])('%s names the extensions of a folder that is not one itself', async (command) => {
    const folder = await makeFolder({
      'one/package.json': packageJson('one', 'hook'),
      '@scope/two/package.json': packageJson('@scope/two', 'hook'),
      'three/readme.md': '',
    });
    const { code, err } = await sandglass([command, folder]);
    expect(code).toBe(2);
    expect(err).toContain(`"${folder}" is a folder of extensions: name one of them, one, @scope/two\n`);
  });

  test('gives everything about a call as JSON', async () => {
    const folder = await endpoint(
      "import { log } from 'directus:api'; export default (router) => router.get('/', () => { log('hi'); return { status: 200, body: 1 }; });",
      { log: {} },
    );
    const report = JSON.parse((await sandglass(['run', folder, '--json'])).out) as Record<string, unknown>;
    expect(report).toMatchObject({
      value: { status: 200, body: 1 },
      timing: { loadMs: expect.any(Number), callMs: expect.any(Number) },
      calls: [{ outcome: 'ok', registration: { type: 'route', path: '/' } }],
      logs: [{ level: 'info', message: 'hi' }],
      audit: [{ capability: 'log', decision: 'allowed' }],
    });
  });

  test('exits with 1 for a call that fails, and says what was thrown and where', async () => {
    const folder = await endpoint(
      "export default (router) => router.get('/', () => {\n  throw new RangeError('far out');\n});",
    );
    const { code, out, err } = await sandglass(['run', folder]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/E_GUEST RangeError: far out\n.*under-test\/index\.js:2:/);
    const report = JSON.parse((await sandglass(['run', folder, '--json'])).out) as Record<string, unknown>;
    expect(report['error']).toMatchObject({ code: 'E_GUEST', thrown: { name: 'RangeError', message: 'far out' } });
  });

  test('prints nothing of a guest that could move the cursor', async () => {
    const folder = await endpoint(
      "import { log } from 'directus:api'; export default (router) => router.get('/', () => { log('\\x1b[2J'); throw new Error('\\x1b]0;x'); });",
      { log: {} },
    );
    const { err } = await sandglass(['run', folder], { isTTY: true, env: { NO_COLOR: '1' } });
    expect(err).toContain('\\x1b[2J');
    expect(err).not.toContain('\x1b');
  });

  test('fails with the code of an extension that does not load', async () => {
    const folder = await endpoint('export default 1;');
    expect(await sandglass(['run', folder])).toMatchObject({ code: 1, err: expect.stringContaining('(E_LOAD)') });
    const { code, err } = await sandglass(['run', 'nowhere'], { cwd: folder });
    expect(code).toBe(1);
    // and no stack of the host's own
    expect(err.split('\n')).toEqual([expect.stringContaining('(E_NOT_FOUND)'), '']);
  });

  test('inspects what is right', async () => {
    const { code, out } = await sandglass(['inspect', PHONE_PARSER]);
    expect(code).toBe(0);
    expect(out).toMatch(/requested +log\n[^]*registers +operation phone-parser\n[^]*no problems/);
  });

  test.each<[string, string, object, { code: number; problems: string[] }]>([
    ['CommonJS', 'module.exports = () => {};', {}, { code: 1, problems: ['commonjs'] }],
    ['a forbidden import', "import fs from 'node:fs'; export default () => fs;", {}, { code: 1, problems: ['import'] }],
    [
      'an absent global',
      'export default (router) => router.get("/", () => setTimeout(() => {}));',
      {},
      { code: 0, problems: ['global'] },
    ],
    [
      'scopes that do not fit',
      "import { log } from 'directus:api'; export default (router) => router.get('/', () => log('x'));",
      { sleep: {}, fly: {} },
      { code: 1, problems: ['scope-unknown', 'scope-unused', 'scope-missing'] },
    ],
    ['what fails only when it runs', 'export default () => { null.x; };', {}, { code: 1, problems: ['load'] }],
  ])('inspects %s', async (_what, source, scopes, { code, problems }) => {
    const result = await sandglass(['inspect', await endpoint(source, scopes), '--json']);
    expect(result.code).toBe(code);
    expect(
      (JSON.parse(result.out) as { problems: { code: string }[] }).problems.map((problem) => problem.code),
    ).toEqual(problems);
  });

  test.each(['inspect', 'run'])('%s says what is wrong with a manifest before it looks for files', async (command) => {
    const made = packageJson('x', 'operation') as { 'directus:extension': object };
    const manifest = { ...made, 'directus:extension': { ...made['directus:extension'], path: 'a.js' } };
    const { code, out, err } = await sandglass([command, await makeFolder({ 'package.json': manifest })]);
    expect(code).toBe(1);
    expect(out + err).toMatch(/directus:extension\.path.*\{ app, api \}/);
  });

  test('inspects a manifest that is wrong', async () => {
    const folder = await makeFolder({
      'package.json': { name: 'x', version: '1.0.0', 'directus:extension': { type: 'bundle' } },
    });
    expect(await sandglass(['inspect', folder])).toMatchObject({
      code: 1,
      out: expect.stringContaining('bundles cannot be sandboxed'),
    });
  });

  test('writes snapshots, which a later start reads', async () => {
    const folder = await makeFolder({
      'ext/a/package.json': packageJson('a', 'operation'),
      'ext/a/index.js': 'export default { id: "a", handler: () => 1 };',
    });
    const { code, out } = await sandglass(['snapshot', 'ext'], { cwd: folder });
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('ok     a\n1 snapshot in ') });
    expect(await readdir(join(folder, '.sandglass/snapshots'))).toHaveLength(1);
  });

  test('exits with 1 if an extension has no snapshot', async () => {
    const folder = await makeFolder({
      'a/package.json': packageJson('a', 'operation'),
      'a/index.js': 'export default 1;',
    });
    expect(await sandglass(['snapshot', '.'], { cwd: folder })).toMatchObject({
      code: 1,
      err: expect.stringContaining('"a"'),
    });
  });

  test.each<[string, string[]]>([
    ['snapshot', ['ext']],
    ['run', ['ext']],
    ['run', ['ext/odd' + HOSTILE]],
    ['run', ['ext/route', '--path', '/%1b']],
    ['run', ['ext/route', '--json', '--path', '/x']],
    ['inspect', ['ext']],
    ['inspect', ['ext/odd' + HOSTILE]],
    ['inspect', ['ext/bad']],
    ['inspect', ['ext/route', '--json']],
  ])('%s %j prints nothing of an extension that a terminal obeys', async (command, args) => {
    const cwd = await makeFolder({
      [`ext/odd${HOSTILE}/package.json`]: packageJson('odd', 'operation'),
      [`ext/odd${HOSTILE}/index.js`]: `throw new Error(${JSON.stringify(HOSTILE)});`,
      'ext/bad/package.json': { ...packageJson('bad', 'hook'), name: HOSTILE, [HOSTILE]: HOSTILE },
      'ext/route/package.json': packageJson('route', 'endpoint'),
      'ext/route/index.js': `export default (router) => router.get('/' + ${JSON.stringify(HOSTILE)} + '*?', () => { throw new Error(${JSON.stringify(HOSTILE)}); });`,
    });
    for (const isTTY of [true, false]) {
      const { out, err } = await sandglass([command, ...args], { cwd, isTTY, env: { NO_COLOR: '1' } });
      expect(out + err).toMatch(/^[\x20-\x7e\n]+$/);
    }
  });

  test.each(['endpoint', 'hook', 'operation'])('makes a new %s that runs as it is', async (type) => {
    const cwd = await makeFolder();
    const { code, out } = await sandglass(['init', type, 'brand-new'], { cwd });
    expect(code).toBe(0);
    expect(out).toContain('cd brand-new');
    const manifest = JSON.parse(await readFile(join(cwd, 'brand-new/package.json'), 'utf8')) as object;
    expect(manifest).toMatchObject({ name: 'brand-new', 'directus:extension': { type } });
    expect(await readdir(join(cwd, 'brand-new'))).toEqual(
      expect.arrayContaining(['.gitignore', 'README.md', 'src', 'tsconfig.json']),
    );
    expect((await readAuthored(join(cwd, 'brand-new'))).file).toBe('src/index.ts');
  });

  test('never overwrites what is there, and takes no odd name', async () => {
    const cwd = await makeFolder({ 'taken/x.txt': 'mine' });
    expect(await sandglass(['init', 'hook', 'taken'], { cwd })).toMatchObject({
      code: 2,
      err: expect.stringContaining('not empty'),
    });
    expect(await sandglass(['init', 'hook', 'Bad Name'], { cwd })).toMatchObject({ code: 2 });
    expect(await sandglass(['init', 'panel'], { cwd })).toMatchObject({
      code: 2,
      err: expect.stringContaining('endpoint, hook, operation'),
    });
    await mkdir(join(cwd, 'empty'));
    expect(await sandglass(['init', 'hook', 'empty'], { cwd })).toMatchObject({ code: 0 });
  });
});
