import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runCli } from '../cli.js';
import { fakeIo, type FakeIo } from '../testing/fake-io.js';
import { makeFolder, packageJson, writeFiles } from '../testing/files.js';

const source = (answer: string): string =>
  `const answer: string = ${answer};\nexport default (router: any) => {\n  router.get('/', () => ({ status: 200, body: answer }));\n};\n`;

async function dev(
  files: Record<string, string | object>,
  run: (io: FakeIo, url: string, folder: string) => Promise<void>,
): Promise<void> {
  const cwd = await makeFolder(files);
  const io = fakeIo({ cwd });
  const ended = runCli(['dev', '--port', '0'], io);
  const [, url] = (await io.printed(/Listening on (\S+\/),/)) as unknown as [string, string]; // both groups took part
  try {
    await run(io, url, cwd);
  } finally {
    io.stop();
    expect(await ended).toBe(0);
  }
}

const get = async (url: string): Promise<string> => (await fetch(url)).text();

test('loads TypeScript again when it changes, and shows what it registers', async () => {
  await dev(
    { 'package.json': packageJson('hello', 'endpoint', {}, 'src/index.ts'), 'src/index.ts': source("'one'") },
    async (io, url, folder) => {
      expect(await get(`${url}hello`)).toBe('one');
      await writeFiles(folder, { 'src/index.ts': source("'two'") });
      await io.printed(/reloaded src\/index\.ts in \d+ ms.*\n {2}GET \/hello/);
      expect(await get(`${url}hello`)).toBe('two');
    },
  );
});

test('shows a mistake with its code, and goes on with the version before until it is repaired', async () => {
  await dev(
    { 'package.json': packageJson('hello', 'endpoint', {}, 'src/index.ts'), 'src/index.ts': source("'one'") },
    async (io, url, folder) => {
      await writeFiles(folder, { 'src/index.ts': source('nothing.here') });
      await io.printed(
        /the version before goes on serving\nE_LOAD .*nothing.*\n> 1 \| const answer: string = nothing\.here;\n.*\^/,
      );
      expect(await get(`${url}hello`)).toBe('one');
      await writeFiles(folder, { 'src/index.ts': source("'three'") });
      await io.printed(/reloaded/);
      expect(await get(`${url}hello`)).toBe('three');
    },
  );
});

test('shows where a call failed, in the file that was written', async () => {
  const thrower =
    "export default (router: any) => {\n  const x: number = 1;\n  router.get('/', () => {\n    throw new Error('no' + x);\n  });\n};\n";
  await dev(
    { 'package.json': packageJson('hello', 'endpoint', {}, 'src/index.ts'), 'src/index.ts': thrower },
    async (io, url) => {
      expect((await fetch(`${url}hello`)).status).toBe(500);
      await io.printed(/E_GUEST no1[^]*> 4 \| {5}throw new Error\('no' \+ x\);[^]*at .*hello\/src\/index\.ts:4:/);
    },
  );
});

test('follows a folder of extensions: new ones, and those that go', async () => {
  const files = (name: string): Record<string, string | object> => ({
    [`${name}/package.json`]: packageJson(name, 'endpoint'),
    [`${name}/index.js`]: `export default (router) => router.get('/', () => ({ status: 200, body: '${name}' }));`,
  });
  await dev(files('one'), async (io, url, folder) => {
    await writeFiles(folder, files('two'));
    await io.printed(/two loaded index\.js/);
    expect(await get(`${url}two`)).toBe('two');
    await rm(join(folder, 'one'), { recursive: true });
    await io.printed(/one unloaded/);
    expect((await fetch(`${url}one`)).status).toBe(404);
  });
});

test('prints what a guest writes to its console', async () => {
  await dev(
    {
      'package.json': packageJson('hello', 'endpoint'),
      'index.js':
        "export default (router) => router.get('/', () => { console.log('seen', 1); return { status: 204 }; });",
    },
    async (io, url) => {
      await fetch(`${url}hello`);
      const [line] = await io.printed(/DEBUG hello .*$/m);
      expect(line).toBe('DEBUG hello seen 1');
    },
  );
});
