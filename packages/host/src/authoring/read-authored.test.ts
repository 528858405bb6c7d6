import { utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { makeFolder, packageJson } from '../cli/testing/files.js';
import { prepareSource } from '../extensions/prepare-source.js';
import { readAuthored } from './read-authored.js';

const manifest = (source: string, path = 'dist/index.js'): object => {
  const made = packageJson('x', 'endpoint') as { 'directus:extension': object };
  return { ...made, 'directus:extension': { ...made['directus:extension'], source, path } };
};

/**
 * What the templates ship: one mistake inside makes some compilers give up at the arrow in line 3.
 */
const around = (line: string): string =>
  `import { log, type SandboxEndpoint } from 'directus:api';\n\nconst endpoint: SandboxEndpoint = (router) => {\n  router.get('/', () => {\n${line}\n    return { status: 200 };\n  });\n};\nexport default endpoint;\n`;

describe('readAuthored', () => {
  test('reads TypeScript without its types, and names the file that was written', async () => {
    const folder = await makeFolder({
      'package.json': manifest('src/index.ts'),
      'src/index.ts': 'const n: number = 1;\nexport default (): number => n satisfies number;',
    });
    const { source, file, manifest: read } = await readAuthored(folder);
    expect(source).not.toMatch(/number/);
    expect(file).toBe('src/index.ts');
    expect(read).toMatchObject({ 'directus:extension': { path: 'src/index.ts' } });
  });

  test('bundles what the source imports, and names the files that were written', async () => {
    const folder = await makeFolder({
      'package.json': manifest('src/index.ts'),
      'src/index.ts':
        "import { greet } from './greet.js';\nimport add from 'add';\nexport default () => greet(add(1, 2));",
      'src/greet.ts': 'export const greet = (n: number): string => { throw new Error(String(n)); };',
      'node_modules/add/package.json': { name: 'add', version: '1.0.0', type: 'module', exports: './index.js' },
      'node_modules/add/index.js': 'export default (a, b) => a + b;',
      'dist/index.js': 'stale',
    });
    const authored = await readAuthored(folder);
    expect(authored).toMatchObject({ file: 'src/index.ts' });
    expect(authored.source).toMatch(/a \+ b/);
    expect(authored.source).not.toMatch(/import|number|dispose/);
    const { mapStack } = await prepareSource(authored.source, 'x/src/index.ts', authored.sourceMap);
    const lines = authored.source.split('\n');
    const line = lines.findIndex((text) => text.includes('throw'));
    const position = `${line + 1}:${lines[line]!.indexOf('throw') + 1}`;
    expect(mapStack(`    at greet (x/src/index.ts:${position})`)).toBe('    at greet (x/src/greet.ts:1:47)');
  });

  test.each([
    ['a namespace', 'namespace Tax { export const rate = 2 } export default Tax.rate;'],
    ['an enum with a member of its name', 'enum Level { Level = 1, High } export default Level.High;'],
    ['an accessor', 'class A { accessor x = 2 } export default new A().x;'],
    [
      'a decorator',
      'const two = (_: unknown, __: unknown) => () => 2; class A { @two n() {} } export default new A().n();',
    ],
    ['using', 'let n = 1; { using _ = { [Symbol.dispose]() { n = 2; } }; } export default n;'],
  ])('makes of %s what a build makes', async (_, code) => {
    const folder = await makeFolder({ 'package.json': manifest('src/index.ts'), 'src/index.ts': code });
    const { source } = await readAuthored(folder);
    const module = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as { default: unknown };
    expect(module.default).toBe(2);
  });

  test('leaves imports of the host to the host', async () => {
    const folder = await makeFolder({
      'package.json': manifest('src/index.ts'),
      'src/index.ts': "import { log } from 'directus:api';\nimport fs from 'node:fs';\nexport default [log, fs];",
    });
    expect((await readAuthored(folder)).source).toMatch(/from "directus:api"[^]*from "node:fs"/);
  });

  test.each([
    ['a newer source', 0, 'dist/index.js'],
    ['an older source', 1_000_000, undefined],
  ])('says whether a build is stale: %s', async (_, age, staleBuild) => {
    const folder = await makeFolder({
      'package.json': manifest('src/index.ts'),
      'src/index.ts': "import './other.js';",
      'src/other.ts': '',
      'dist/index.js': '',
    });
    const now = Date.now() / 1_000;
    await utimes(join(folder, 'dist/index.js'), now - 500, now - 500);
    await utimes(join(folder, 'src/index.ts'), now - 2_000_000, now - 2_000_000);
    await utimes(join(folder, 'src/other.ts'), now - age, now - age);
    expect((await readAuthored(folder)).staleBuild).toBe(staleBuild);
  });

  test('runs JavaScript that is its own build as it is', async () => {
    const code = 'export default 1; // as it is';
    const folder = await makeFolder({ 'package.json': packageJson('x', 'endpoint'), 'index.js': code });
    expect(await readAuthored(folder)).toMatchObject({ source: code, file: 'index.js' });
  });

  test('reads the built file if there is no source', async () => {
    const folder = await makeFolder({ 'package.json': manifest('src/index.ts'), 'dist/index.js': 'built' });
    expect((await readAuthored(folder)).source).toBe('built');
  });

  test('reads the API part of an operation', async () => {
    const folder = await makeFolder({ 'package.json': packageJson('x', 'operation'), 'index.js': 'api' });
    expect(await readAuthored(folder)).toMatchObject({
      source: 'api',
      manifest: { 'directus:extension': { path: { app: 'app.js', api: 'index.js' } } },
    });
  });

  test.each([
    ['a missing comma', '    const list = [1 2, 3];', 5],
    ['a string without an end', "    log('start);", 5],
    ['a call without an end', "    log('start';", 5],
    ['a number with a letter', '    const q = 3x;', 5],
    ['a keyword as a name', '    const class = 3;', 5],
    ['an object without an end', '    const o = { a: 1;', 5],
    ['an import that is not there', "  }); import './nowhere.js'; router.get('/b', () => {", 5],
  ])('says where: %s', async (_, line, expected) => {
    const folder = await makeFolder({ 'package.json': manifest('src/index.ts'), 'src/index.ts': around(line) });
    const error = (await readAuthored(folder).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'E_LOAD', extension: 'x' });
    const [, found] = /^ {4}at x\/src\/index\.ts:(\d+):\d+$/.exec((error.cause as Error).stack ?? '') ?? [];
    expect(Number(found)).toBe(expected);
  });

  test('says where in another file', async () => {
    const folder = await makeFolder({
      'package.json': manifest('src/index.ts'),
      'src/index.ts': "import './b.js';",
      'src/b.ts': '\n  const = 2;',
    });
    await expect(readAuthored(folder)).rejects.toThrow(/ \(src\/b\.ts:2:9\)$/);
  });

  test('never leaves the folder', async () => {
    const folder = await makeFolder({ 'package.json': manifest('../../etc/passwd.js', '../x.js') });
    await expect(readAuthored(folder)).rejects.toMatchObject({ code: 'E_MANIFEST' });
  });
});
