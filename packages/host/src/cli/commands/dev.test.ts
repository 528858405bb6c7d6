import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { runCli } from '../cli.js';
import { fakeIo, type FakeIo } from '../testing/fake-io.js';
import { makeFolder, packageJson, writeFiles } from '../testing/files.js';

const source = (answer: string): string =>
  `const answer: string = ${answer};\nexport default (router: any) => {\n  router.get('/', () => ({ status: 200, body: answer }));\n};\n`;

async function dev(
  files: Record<string, string | object>,
  run: (io: FakeIo, url: string, folder: string) => Promise<void>,
  isTTY = false,
): Promise<void> {
  const cwd = await makeFolder(files);
  const io = fakeIo({ cwd, isTTY, env: { NO_COLOR: '1' } });
  const ended = runCli(['dev', '--port', '0'], io);
  // both groups took part
  const [, url] = (await io.printed(/Listening on (\S+\/),/)) as unknown as [string, string];
  try {
    await run(io, url, cwd);
  } finally {
    io.stop();
    expect(await ended).toBe(0);
  }
}

const get = async (url: string): Promise<string> => (await fetch(url)).text();

const route = (path: string, body: string): string =>
  `export default (router) => router.get('${path}', () => ${body});`;

/** An endpoint in one file. */
const HELLO = {
  'package.json': packageJson('hello', 'endpoint'),
  'index.js': route('/', "({ status: 200, body: 'one' })"),
};

describe('sandglass dev', () => {
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

  test('keys reload, clear, open the status page and say what they are', async () => {
    const useKeys = async (io: FakeIo, url: string): Promise<void> => {
      await io.printed(/\nr reload, c clear, o open the status page, q quit, \? help\n/);
      expect(io.isRaw()).toBe(true);
      io.press('r');
      await io.printed(/reloaded index\.js/);
      io.press('xco?');
      expect(io.out()).toMatch(/\[2J.*r reload, c clear, .*\n$/);
      expect(io.opened).toEqual([`${url}_sandglass/status`]);
    };
    await dev(HELLO, useKeys, true);
  });

  test.each(['q', '\u0003'])('a key ends it, and gives the terminal back: %j', async (key) => {
    const io = fakeIo({ cwd: await makeFolder(HELLO), isTTY: true, env: { NO_COLOR: '1' } });
    const ended = runCli(['dev', '--port', '0'], io);
    await io.printed(/q quit/);
    io.press(key);
    expect(await ended).toBe(0);
    expect(io.isRaw()).toBe(false);
  });

  test('there are no keys without a terminal', async () => {
    await dev(HELLO, async (io, url) => {
      expect(await get(`${url}hello`)).toBe('one');
      expect(io.out()).not.toContain('r reload');
      expect(io.isRaw()).toBe(false);
    });
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
        await writeFiles(folder, { 'src/index.ts.bak': 'an editor makes several events of one save' });
        await writeFiles(folder, { 'src/index.ts': source("'three'") });
        await io.printed(/reloaded/);
        expect(await get(`${url}hello`)).toBe('three');
        expect(io.out().match(/cannot load/g)).toHaveLength(1);
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

  test('a half-saved package.json keeps the version before', async () => {
    const manifest = packageJson('hello', 'endpoint');
    await dev(
      { 'package.json': manifest, 'index.js': route('/', "({ status: 200, body: 'one' })") },
      async (io, url, folder) => {
        await writeFiles(folder, { 'package.json': '{\n  "name": "hello",\n  "version"' });
        await io.printed(
          /the version before goes on serving\nE_MANIFEST .*\(package\.json:3:12\)\n[^]*> 3 \| {3}"version"/,
        );
        expect(await get(`${url}hello`)).toBe('one');
        await writeFiles(folder, { 'package.json': manifest });
        await io.printed(/hello recovered/);
      },
    );
  });

  test('tells what inspect would', async () => {
    const files = {
      'package.json': packageJson('hello', 'endpoint', { log: {}, fly: {} }),
      'index.js': 'export default (router) => {\n  if (false) setTimeout();\n};',
    };
    await dev(files, async (io) => {
      const [problem] = await io.printed(/warning "setTimeout" does not exist .* \(index\.js:2:14\)\n[^]*> 2 \|/);
      expect(problem).toContain('sleep from directus:api waits');
      await io.printed(/The scope "fly" is unknown/);
      await io.printed(/The scope "log" is requested and never used/);
    });
  });

  test('hooks and operations are called by the line that is printed, and by no other site', async () => {
    const files = {
      'a/package.json': packageJson('op', 'operation'),
      'a/index.js': "export default { id: 'shout', handler: ({ text }) => text + '!' };",
      'b/package.json': packageJson('hook', 'hook'),
      'b/index.js': "export default ({ filter }) => filter('*.items.create', (x) => ({ ...x, seen: true }));",
    };
    await dev(files, async (io, url) => {
      const [, operation] = await io.printed(/curl .* (\S+\/_sandglass\/operations\/shout)\n/);
      const [, filter] = await io.printed(/curl .* (\S+\/_sandglass\/filters\/articles\.items\.create)\n/);
      const post = (to: string, headers: Record<string, string> = {}): Promise<Response> =>
        fetch(to, { method: 'POST', body: '{"text":"hey"}', headers });
      expect(await (await post(operation!)).json()).toEqual({ value: 'hey!' });
      expect(await (await post(filter!)).json()).toEqual({ value: { text: 'hey', seen: true } });
      expect((await post(operation!, { origin: 'https://elsewhere.example' })).status).toBe(401);
      expect((await fetch(`${url}_sandglass/status`)).status).toBe(200);
    });
  });

  test('an answer says why it failed', async () => {
    const files = {
      'good/package.json': packageJson('good', 'endpoint'),
      'good/index.js': "export default (router) => {\n  router.get('/', () => { throw new Error('no luck'); });\n};",
      'bad/package.json': packageJson('bad', 'endpoint'),
      'bad/index.js': 'export default (;',
    };
    await dev(files, async (io, url) => {
      const failed = await fetch(`${url}good`);
      expect(failed.status).toBe(500);
      expect(await failed.json()).toMatchObject({
        errors: [
          {
            message: 'E_GUEST no luck',
            extensions: {
              code: 'INTERNAL_SERVER_ERROR',
              details: expect.arrayContaining([expect.stringMatching(/^> 2 \| .*no luck/)]),
            },
          },
        ],
      });
      await io.printed(/E_GUEST no luck \(GET \/good\)/);
      const page = await fetch(`${url}bad/anything`, { headers: { accept: 'text/html' } });
      expect(page.status).toBe(404);
      expect(await page.text()).toMatch(/^E_LOAD Cannot load "bad"/);
      expect(await (await fetch(`${url}none`)).json()).toMatchObject({
        errors: [{ message: "Route /none doesn't exist." }],
      });
    });
  });

  test('one that loads for long keeps no other from serving, and is waited for', async () => {
    const files = {
      'slow/package.json': packageJson('slow', 'endpoint', { sleep: {} }),
      'slow/index.js': `import { sleep } from 'directus:api'; await sleep(4000); ${route('/', '({ status: 200 })')}`,
      'fast/package.json': packageJson('fast', 'endpoint'),
      'fast/index.js': route('/', '({ status: 200 })'),
    };
    await dev(files, async (io, url) => {
      expect(io.out()).not.toContain('slow loaded');
      expect((await fetch(`${url}fast`)).status).toBe(200);
      expect(io.out()).not.toContain('slow loaded');
      expect((await fetch(`${url}slow`)).status).toBe(200);
    });
  });

  test('says that there is nothing to serve', async () => {
    await dev({ 'readme.md': '' }, async (io) => {
      expect((await io.printed(/0 extensions found in (.*)/))[1]).not.toBe('');
    });
  });
});
