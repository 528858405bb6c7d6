import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, onTestFinished, test } from 'vitest';

import { MANAGER, writeExtension, writeFakeDirectus } from './testing/fake-directus.js';

const REGISTER = fileURLToPath(new URL('../dist/register.js', import.meta.url));
const MANAGER_FILE = '@directus/api/dist/extensions/manager.js';

async function fakeDirectus(changes?: Record<string, string | undefined>): Promise<string> {
  const folder = await writeFakeDirectus(changes);
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Runs a module in a tree with the preload. @returns what it printed, parsed */
async function run(folder: string, code: string): Promise<unknown> {
  await writeFile(join(folder, 'main.mjs'), code);
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', REGISTER, 'main.mjs'], { cwd: folder });
  return JSON.parse(stdout);
}

const PRELUDE = `
import { getExtensionManager } from '@directus/api/extensions/index';
import emitter from '@directus/api/emitter';
import { getFlowManager } from '@directus/api/flows';
import { lines } from '@directus/api/logger/index';
const manager = getExtensionManager();
const { operations } = getFlowManager();
const end = (value) => process.stdout.write(JSON.stringify(value), () => process.exit());
`;

describe('the preload', () => {
  test('runs an operation, and logs with extension and call', async () => {
    const folder = await fakeDirectus();
    const source = `
      import { log } from 'directus:api';
      export default { id: 'double', handler: ({ n }) => { log('n is ' + n); return 2 * n; } };
    `;
    const path = await writeExtension(folder, { name: 'doubler', type: 'operation', source });
    const printed = await run(
      folder,
      `${PRELUDE}
      await manager.registerSandboxedApiExtension({ name: 'doubler', type: 'operation', path: ${JSON.stringify(path)} });
      const doubled = await operations.get('double')({ n: 21 }, {});
      const unregister = manager.unregisterFunctionMap.get('doubler');
      await unregister();
      operations.set('double', 'of another extension');
      await unregister();
      end({ doubled, left: operations.get('double'), log: lines.at(-1) });`,
    );
    expect(printed).toEqual({
      doubled: 42,
      left: 'of another extension',
      log: ['info', { extension: 'doubler', callId: expect.any(Number) }, 'n is 21'],
    });
  });

  test('serves a route, and takes it out of the router', async () => {
    const folder = await fakeDirectus();
    const source = `export default (router) => router.get('/:who', ({ url }) => ({ status: 201, body: { url } }));`;
    const path = await writeExtension(folder, { name: 'greeter', type: 'endpoint', source });
    const printed = await run(
      folder,
      `${PRELUDE}
      import express from 'express';
      await manager.registerSandboxedApiExtension({ name: 'greeter', type: 'endpoint', path: ${JSON.stringify(path)} });
      const app = express().use(manager.endpointRouter);
      const server = app.listen(0, '127.0.0.1', async () => {
        const get = async (path) => {
          const response = await fetch('http://127.0.0.1:' + server.address().port + path);
          return [response.status, response.headers.get('content-type'), response.ok ? await response.text() : ''];
        };
        const before = [await get('/greeter/ada?x=1'), await get('/greeter/a/b')];
        await manager.unregisterFunctionMap.get('greeter')();
        end([...before, await get('/greeter/ada')]);
      });`,
    );
    const html = 'text/html; charset=utf-8';
    expect(printed).toEqual([
      [201, 'application/json; charset=utf-8', '{"url":"/ada?x=1"}'],
      [404, html, ''],
      [404, html, ''],
    ]);
  });

  test('runs filters and actions, and takes them away; a reload sees new code', async () => {
    const folder = await fakeDirectus();
    const source = (word: string): string => `
      export default ({ filter, action }) => {
        filter('items.create', (item) => ({ ...item, by: '${word}' }));
        action('items.create', ({ key }) => { throw new Error('${word} ' + key); });
      };
    `;
    const path = await writeExtension(folder, { name: 'hooks', type: 'hook', source: source('one') });
    const printed = await run(
      folder,
      `${PRELUDE}
      import { writeFile } from 'node:fs/promises';
      const extension = { name: 'hooks', type: 'hook', path: ${JSON.stringify(path)} };
      const { handlers } = emitter;
      const use = async () => [
        await handlers.filter[0].handler({ title: 't' }, {}, {}),
        await handlers.action[0].handler({ key: 1 }, {}).catch(({ message }) => message),
      ];
      await manager.registerSandboxedApiExtension(extension);
      const one = await use();
      await manager.unregisterFunctionMap.get('hooks')();
      const between = [handlers.filter.length, handlers.action.length];
      await writeFile(extension.path + '/index.js', ${JSON.stringify(source('two'))});
      await manager.registerSandboxedApiExtension(extension);
      end([one, between, await use()]);`,
    );
    expect(printed).toEqual([
      [{ title: 't', by: 'one' }, 'one 1'],
      [0, 0],
      [{ title: 't', by: 'two' }, 'two 1'],
    ]);
  });

  test('replaces Run Script, and loads no native addon', async () => {
    const folder = await fakeDirectus();
    const printed = await run(
      folder,
      `${PRELUDE}
      await manager.registerInternalOperations();
      const exec = operations.get('exec');
      const written = [];
      const logger = { warn: (value) => written.push(value) };
      const data = { $env: { KEY: 'k' }, n: 1, drop() {} };
      const code = 'module.exports = (data) => { console.warn("w"); return [data, process.env.KEY]; }';
      const result = await exec({ code }, { data, env: {}, logger });
      const error = await exec({ code: 'module.exports = () => { throw new Error("why"); }' }, { data, env: {}, logger })
        .catch((error) => [error instanceof Error, error.message]);
      end({ result, error, written });`,
    );
    expect(printed).toEqual({ result: [{ $env: { KEY: 'k' }, n: 1 }, 'k'], error: [true, 'why'], written: ['w'] });
  });

  test('an extension that does not load is an error of the manager’s method', async () => {
    const folder = await fakeDirectus();
    const path = await writeExtension(folder, { name: 'broken', type: 'hook', source: 'export default (' });
    const printed = await run(
      folder,
      `${PRELUDE}
      const extension = { name: 'broken', type: 'hook', path: ${JSON.stringify(path)} };
      end(await manager.registerSandboxedApiExtension(extension).catch(({ code }) => [code, manager.unregisterFunctionMap.size]));`,
    );
    expect(printed).toEqual(['E_LOAD', 0]);
  });

  test('a host that could not be opened is opened for the next extension', async () => {
    const folder = await fakeDirectus();
    const source = `export default { id: 'one', handler: () => 1 };`;
    const path = await writeExtension(folder, { name: 'one', type: 'operation', source });
    await writeFile(join(folder, 'sandglass.config.json'), '{ "isolation": "loose" }');
    const printed = await run(
      folder,
      `${PRELUDE}
      import { rm } from 'node:fs/promises';
      const extension = { name: 'one', type: 'operation', path: ${JSON.stringify(path)} };
      const failed = await manager.registerSandboxedApiExtension(extension).catch(({ message }) => message);
      await rm('sandglass.config.json');
      await manager.registerSandboxedApiExtension(extension);
      end([failed, await operations.get('one')({}, {})]);`,
    );
    expect(printed).toEqual([expect.stringContaining('isolation'), 1]);
  });

  test('leaves a process without Directus alone', async () => {
    const folder = await fakeDirectus();
    expect(await run(folder, 'console.log(JSON.stringify([1]));')).toEqual([1]);
  });
});

describe('a Directus that is not known', () => {
  test.each([
    [
      'a manager without the method',
      { [MANAGER_FILE]: MANAGER.replace('registerSandboxedApiExtension', 'registerSandboxed') },
    ],
    [
      'a method that does something else',
      { [MANAGER_FILE]: MANAGER.replace('unregisterFunctionMap.set', 'unregister') },
    ],
    ['a method of two parameters', { [MANAGER_FILE]: MANAGER.replace('(extension) {', '(extension, isolate) {') }],
    ['a module that is gone', { '@directus/api/dist/utils/get-schema.js': undefined }],
    ['a module without its export', { '@directus/api/dist/utils/get-schema.js': 'export const schema = 1;' }],
  ])('%s is refused at start, with both versions', async (_, changes) => {
    const folder = await fakeDirectus(changes);
    const failed = await run(folder, `${PRELUDE} end(1);`).catch(({ stderr }: { stderr: string }) => stderr);
    expect(failed).toMatch(
      /Sandglass \d+\.\d+\.\d+ cannot replace the sandbox of Directus 12\.0\.0 \(@directus\/api 39\.0\.0\)/,
    );
    expect(failed).toMatch(/tested with Directus 11\.\d+\.\d+ and 12\.\d+\.\d+/);
  });

  test('a manager that is elsewhere is refused as soon as it wants the native addon', async () => {
    const folder = await fakeDirectus({
      [MANAGER_FILE]: undefined,
      '@directus/api/dist/extensions/index.js':
        "import { ExtensionManager } from '../manager.js'; export const getExtensionManager = () => new ExtensionManager();",
      '@directus/api/dist/manager.js': MANAGER.replaceAll('../', './'),
    });
    const failed = await run(folder, `${PRELUDE} end(1);`).catch(({ stderr }: { stderr: string }) => stderr);
    expect(failed).toMatch(/cannot replace the sandbox of Directus 12\.0\.0/);
  });
});
