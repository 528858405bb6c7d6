import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { writeExtension } from '../testing/fake-directus.js';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

let folder: string;
let bundle: string;

async function write(): Promise<string> {
  const args = [join(PACKAGE, 'dist/main.js'), 'bundle', join(folder, 'extensions'), bundle];
  const { stdout } = await run(process.execPath, args);
  await mkdir(join(bundle, 'node_modules'), { recursive: true });
  const link = join(bundle, 'node_modules/directus-extension-sandglass');
  await symlink(PACKAGE, link).catch(() => {}); // a second bundle has it
  return stdout;
}

/** Runs a module beside the bundle. @returns what it printed, parsed */
async function use(code: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const prelude = `
    const { default: bundle } = await import('./api.js');
    const end = (value) => process.stdout.write(JSON.stringify(value), () => process.exit());
    const lines = [];
    const write = (...line) => lines.push(line);
    const context = { logger: { info: write, error: write }, services: {}, getSchema: async () => ({}) };
  `;
  await writeFile(join(bundle, 'main.mjs'), prelude + code);
  const { stdout } = await run(process.execPath, ['main.mjs'], { cwd: bundle, env: { ...process.env, ...env } });
  return JSON.parse(stdout);
}

const DOUBLER = {
  name: 'doubler',
  type: 'operation',
  source: `
    import { log } from 'directus:api';
    export default { id: 'double', handler: ({ n }) => { log('n is ' + n); return 2 * n; } };
  `,
} as const;

describe('a bundle', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandglass-bundle-'));
    bundle = join(folder, 'bundle');
    onTestFinished(() => rm(folder, { recursive: true }));
  });

  test('has an entry for each sandboxed extension, and says which folders it leaves out', async () => {
    await writeExtension(folder, DOUBLER);
    await writeExtension(folder, { name: '@acme/greeter', type: 'endpoint', source: 'export default () => {};' });
    // as Directus' own users lay a scope flat
    await rename(join(folder, 'extensions/doubler'), join(folder, 'extensions/@acme__doubler'));
    await mkdir(join(folder, 'extensions/notes'));
    const said = await write();
    expect(said).toContain('runs 2 extensions: @acme/greeter, doubler');
    expect(said).toMatch(/left out \S+notes: ENOENT/);
    const manifest = JSON.parse(await readFile(join(bundle, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest['directus:extension']).toMatchObject({
      type: 'bundle',
      entries: [
        { type: 'endpoint', name: '@acme/greeter', source: 'extensions/@acme__greeter/index.js' },
        {
          type: 'operation',
          name: 'doubler',
          source: { app: 'extensions/doubler/app.js', api: 'extensions/doubler/index.js' },
        },
        { type: 'endpoint', name: '_sandglass' },
      ],
    });
  });

  test('gives Directus what each extension registers, and logs to its logger', async () => {
    await writeExtension(folder, DOUBLER);
    const source = `export default ({ filter }) => filter('items.create', (item) => ({ ...item, by: 'us' }));`;
    await writeExtension(folder, { name: 'marker', type: 'hook', source });
    await write();
    const printed = await use(`
      const filters = {};
      for (const { config } of bundle.hooks) config({ filter: (event, handler) => (filters[event] = handler) }, context);
      const item = await filters['items.create']({ title: 't' }, {}, {});
      const [{ name, config }] = bundle.operations;
      end({ item, name, id: config.id, doubled: await config.handler({ n: 21 }, {}), line: lines.at(-1) });`);
    expect(printed).toEqual({
      item: { title: 't', by: 'us' },
      name: 'doubler',
      id: 'double',
      doubled: 42,
      line: [{ extension: 'doubler', callId: expect.any(Number) }, 'n is 21'],
    });
  });

  test('does without what does not load, unless all has to', async () => {
    await writeExtension(folder, DOUBLER);
    await writeExtension(folder, { name: 'broken', type: 'hook', source: 'export default (' });
    await write();
    const names = `end([...bundle.hooks, ...bundle.operations].map(({ name }) => name));`;
    expect(await use(names)).toEqual(['doubler']);
    const failed = await use(names, { EXTENSIONS_MUST_LOAD: 'true' }).catch(({ stderr }: { stderr: string }) => stderr);
    expect(failed).toContain('Not loaded: broken');
  });

  test('is written over, and nothing else is', async () => {
    await writeExtension(folder, DOUBLER);
    await write();
    await rm(join(folder, 'extensions/doubler'), { recursive: true });
    expect(await write()).toContain('runs 0 extensions');
    await writeFile(join(bundle, 'package.json'), '{ "name": "another" }');
    const failed = await write().catch(({ stderr }: { stderr: string }) => stderr);
    expect(failed).toContain('holds something else');
  });
});
