import { expect, test } from 'vitest';

import { makeFolder, packageJson } from '../cli/testing/files.js';
import { readAuthored } from './read-authored.js';

const manifest = (source: string, path = 'dist/index.js'): object => {
  const made = packageJson('x', 'endpoint') as { 'directus:extension': object };
  return { ...made, 'directus:extension': { ...made['directus:extension'], source, path } };
};

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

test('reads the built file if the source has to be bundled', async () => {
  const folder = await makeFolder({
    'package.json': manifest('src/index.ts'),
    'src/index.ts': "import './other.js';",
    'dist/index.js': 'built',
  });
  expect(await readAuthored(folder)).toMatchObject({ source: 'built', file: 'dist/index.js' });
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

test('says where TypeScript cannot be read', async () => {
  const folder = await makeFolder({
    'package.json': manifest('src/index.ts'),
    'src/index.ts': 'export default 1;\nconst = 2;',
  });
  const error = (await readAuthored(folder).catch((thrown: unknown) => thrown)) as Error;
  expect(error).toMatchObject({ code: 'E_LOAD', extension: 'x' });
  expect((error.cause as Error).stack).toMatch(/^ {4}at x\/src\/index\.ts:2:\d+$/);
});

test('never leaves the folder', async () => {
  const folder = await makeFolder({ 'package.json': manifest('../../etc/passwd.js', '../x.js') });
  await expect(readAuthored(folder)).rejects.toMatchObject({ code: 'E_MANIFEST' });
});
