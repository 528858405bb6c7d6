import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

import { emptyScopeSchema } from '@sandglass/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { readFolder } from './read-folder.js';
import { scanFolder } from './scan-folder.js';

let base: string;

async function write(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(join(base, path)), { recursive: true });
  await writeFile(join(base, path), typeof content === 'string' ? content : JSON.stringify(content));
}

const extension = (name: string, fields: object = {}): object => ({
  name,
  version: '1.0.0',
  'directus:extension': {
    type: 'hook',
    path: 'dist/index.js',
    source: 'src/index.js',
    host: '*',
    sandbox: { enabled: true },
    ...fields,
  },
});
const schemas = { log: emptyScopeSchema };
const read = (folder = 'one'): ReturnType<typeof readFolder> => readFolder(join(base, folder), schemas);

const scan = async (options = {}): Promise<string[]> =>
  (await scanFolder(join(base, 'extensions'), options)).map((path) => relative(base, path));

async function layout(): Promise<void> {
  await write('extensions/b/package.json', extension('name-of-b'));
  await write('extensions/a/readme.md', 'no package.json');
  await write('extensions/@acme/c/package.json', extension('@acme/c'));
  await write('extensions/.registry/0f1e/package.json', extension('from-registry'));
  await write('extensions/.git/package.json', '{}');
  await write('extensions/node_modules/x/package.json', extension('x'));
  await write('extensions/file.txt', '');
  await write('package.json', {
    dependencies: { 'dep-extension': '1', '@acme/dep': '1', 'dep-plain': '1', 'not-installed': '1' },
  });
  await write('node_modules/dep-extension/package.json', extension('dep-extension'));
  await write('node_modules/@acme/dep/package.json', extension('@acme/dep'));
  await write('node_modules/dep-plain/package.json', { name: 'dep-plain' });
  await write('node_modules/not-named/package.json', extension('not-named'));
}

describe('readFolder', () => {
  beforeEach(async () => void (base = await realpath(await mkdtemp(join(tmpdir(), 'sandglass-')))));
  afterEach(() => rm(base, { recursive: true }));

  test('reads the manifest, the entrypoint and the source map beside it', async () => {
    await write('one/package.json', extension('one'));
    await write('one/dist/index.js', 'export default 1;\n//# sourceMappingURL=index.js.map');
    await write('one/dist/index.js.map', '{"version":3}');
    expect(await read()).toMatchObject({
      manifest: { name: 'one', path: 'dist/index.js' },
      sourceMap: '{"version":3}',
      notes: [],
    });
  });

  test('a source map that is missing or outside is ignored with a note', async () => {
    await write('one/package.json', extension('one'));
    await write('secret.map', '{}');
    for (const url of ['gone.map', '../../secret.map', '%E0%A4%A']) {
      await write('one/dist/index.js', `1;\n//# sourceMappingURL=${url}`);
      const files = await read();
      expect(files.sourceMap).toBeUndefined();
      expect(files.notes).toEqual([expect.stringMatching(/^The source map is ignored: /)]);
    }
  });

  test.each([
    ['no folder', {}, 'E_NOT_FOUND', 'the folder does not exist'],
    ['no package.json', { 'one/x': '' }, 'E_NOT_FOUND', '"package.json" does not exist'],
    ['a package.json that is not JSON', { 'one/package.json': '{' }, 'E_MANIFEST', 'package.json is not JSON: '],
    ['its position', { 'one/package.json': '{\n  "a": 1,\n}' }, 'E_MANIFEST', '(package.json:3:1)'],
    ['a package.json of too many values', { 'one/package.json': `[${'1,'.repeat(30_000)}1]` }, 'E_MANIFEST', 'values'],
    ['a package.json that is a folder', { 'one/package.json/x': '' }, 'E_LOAD', '"package.json" is not a file'],
    ['a missing field', { 'one/package.json': { name: 'one' } }, 'E_MANIFEST', 'version'],
    [
      'a missing entrypoint',
      { 'one/package.json': extension('one') },
      'E_NOT_FOUND',
      'directus:extension.path: "dist/index.js" does not exist',
    ],
    [
      'a path that climbs out',
      { 'one/package.json': extension('one', { path: '../two.js' }), 'two.js': '1' },
      'E_MANIFEST',
      'leads out',
    ],
    [
      'an absolute path',
      { 'one/package.json': extension('one', { path: '/etc/hostname' }) },
      'E_MANIFEST',
      'leads out',
    ],
    ['the folder itself', { 'one/package.json': extension('one', { path: '.' }) }, 'E_MANIFEST', 'leads out'],
    [
      'a path with NUL',
      { 'one/package.json': extension('one', { path: 'a\0b' }) },
      'E_MANIFEST',
      'must not hold a NUL',
    ],
    [
      'an app extension',
      { 'one/package.json': { ...extension('one'), 'directus:extension': { type: 'panel' } } },
      'E_MANIFEST',
      'panel',
    ],
  ])('%s: the error names the folder and the reason', async (_, files, code, reason) => {
    for (const [path, content] of Object.entries(files)) await write(path, content);
    const error: unknown = await read().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(reason) });
    expect((error as Error).message).toContain(join(base, 'one'));
  });

  test('a link inside the folder is followed, one that leads out is refused', async () => {
    await write('one/package.json', extension('one'));
    await write('one/real.js', 'inside');
    await write('out.js', 'outside');
    await mkdir(join(base, 'one/dist'));
    await symlink(join(base, 'one/real.js'), join(base, 'one/dist/index.js'));
    expect((await read()).source).toBe('inside');
    await rm(join(base, 'one/dist/index.js'));
    await symlink(join(base, 'out.js'), join(base, 'one/dist/index.js'));
    await expect(read()).rejects.toMatchObject({ code: 'E_MANIFEST' });
  });

  test('a folder that is itself a link is read', async () => {
    await write('store/package.json', extension('one', { path: 'a.js' }));
    await write('store/a.js', 'linked');
    await symlink(join(base, 'store'), join(base, 'one'));
    expect((await read()).source).toBe('linked');
  });

  test("lists the folders of Directus' layout in order", async () => {
    await layout();
    expect(await scan()).toEqual([
      'extensions/b',
      'extensions/@acme/c',
      'extensions/.registry/0f1e',
      'node_modules/@acme/dep',
      'node_modules/dep-extension',
    ]);
  });

  test('an extension in a folder that only looks like a scope is one', async () => {
    await write('extensions/@acme__c/package.json', extension('@acme/c'));
    expect(await scan()).toEqual(['extensions/@acme__c']);
  });

  test('takes and leaves out by package name, by folder name where there is none', async () => {
    await layout();
    await write('extensions/broken/package.json', '{');
    expect(await scan({ include: ['name-*', '@acme/*', 'broken'], exclude: ['@acme/d*'] })).toEqual([
      'extensions/b',
      'extensions/broken',
      'extensions/@acme/c',
    ]);
  });

  test('tells what it leaves out: what is no sandboxed extension, and what is there twice', async () => {
    const folders = {
      'a-plain': { name: 'plain' },
      'b-none': undefined,
      'c-panel': { ...extension('c'), 'directus:extension': { type: 'panel' } },
      'd-bundle': { ...extension('d'), 'directus:extension': { type: 'bundle' } },
      'e-off': extension('e', { sandbox: { enabled: false } }),
      'f-absent': extension('f', { sandbox: undefined }),
      'g-mistake': { ...extension('g'), 'directus:extension': { type: 'bundle', sandbox: {} } },
      'h-mistake': extension('h', { type: 'unknown' }),
      'i-twice': extension('twice'),
      '.registry/j': extension('twice'),
      '.hidden': extension('hidden'),
    };
    for (const [name, content] of Object.entries(folders))
      await write(`extensions/${name}/${content ? 'package.json' : 'x'}`, content ?? '');
    await write('package.json', { dependencies: { twice: '1' } });
    await write('node_modules/twice/package.json', extension('twice'));
    const skipped: string[] = [];
    const found = await scanFolder(join(base, 'extensions'), {}, ({ folder, reason, isExtension }) =>
      skipped.push(`${isExtension} ${relative(base, folder)}: ${reason}`),
    );
    expect(found.map((path) => relative(base, path))).toEqual(
      ['g-mistake', 'h-mistake', 'i-twice'].map((name) => `extensions/${name}`),
    );
    expect(skipped).toEqual([
      'false extensions/a-plain: its package.json has no directus:extension',
      'false extensions/b-none: it has no package.json',
      'true extensions/c-panel: it is of type panel, for the browser',
      'true extensions/d-bundle: it is a bundle, which cannot be sandboxed',
      'true extensions/e-off: it asks for no sandbox',
      'true extensions/f-absent: it asks for no sandbox',
      expect.stringMatching(/^true extensions\/\.registry\/j: "twice" is taken from .*i-twice$/),
      expect.stringMatching(/^true node_modules\/twice: "twice" is taken from .*i-twice$/),
    ]);
  });

  test('two folders of one name are not decided here', async () => {
    await write('extensions/a/package.json', extension('twice'));
    await write('extensions/b/package.json', extension('twice'));
    expect(await scan()).toEqual(['extensions/a', 'extensions/b']);
  });

  test('looks through the dependencies of a package.json elsewhere', async () => {
    await write('extensions/a/package.json', extension('a'));
    await write('app/package.json', { dependencies: { dep: '1' } });
    await write('app/node_modules/dep/package.json', extension('dep'));
    expect(await scan({ packageJson: join(base, 'app/package.json') })).toEqual([
      'extensions/a',
      'app/node_modules/dep',
    ]);
  });

  test('a folder that does not exist, or is none, is an error, an empty one is not', async () => {
    await expect(scan()).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
      message: expect.stringContaining('no such folder'),
    });
    await write('extensions', '');
    await expect(scan()).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
      message: expect.stringContaining('not a folder'),
    });
    await rm(join(base, 'extensions'));
    await mkdir(join(base, 'extensions'));
    expect(await scan()).toEqual([]);
  });
});
