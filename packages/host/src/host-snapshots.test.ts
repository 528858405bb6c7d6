import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createHost } from './host.js';
import type { ExtensionSource, HostOptions } from './types.js';

/** Says when it was evaluated: a snapshot keeps the number, an evaluation draws another. */
const BORN = 'const born = Math.random();';

function extension(name: string, type: 'endpoint' | 'hook' | 'operation', body: string): ExtensionSource {
  const path = type === 'operation' ? { app: 'a', api: 'a' } : 'a';
  const sandbox = { enabled: true, requestedScopes: { sleep: {} } };
  return {
    manifest: { name, version: '1.0.0', 'directus:extension': { type, path, source: path, host: '*', sandbox } },
    source: `import { sleep } from 'directus:api'; ${BORN} ${body}`,
  };
}

const EXTENSIONS = [
  extension(
    'shop',
    'endpoint',
    "export default (router) => router.post('/', ({ body }) => ({ status: 200, body: { born, body } }));",
  ),
  extension(
    'hooks',
    'hook',
    "let seen = 0; export default ({ filter, action }) => { filter('items.create', async (item) => { await sleep(1); return { ...item, born, seen: ++seen }; }); action('items.*', () => { seen++; }); };",
  ),
  extension('op', 'operation', "export default { id: 'born', handler: ({ n }) => ({ born, n }) };"),
];

let folder: string;
let errors: string[];

/** What one process after another sees: a host of its own, all kinds of calls, and the end. */
async function run(options: HostOptions): Promise<Record<'route' | 'filter' | 'operation', unknown>> {
  await using host = await createHost({
    snapshots: folder,
    onError: ({ message }) => errors.push(message),
    ...options,
  });
  for (const each of EXTENSIONS) await host.load(each);
  const request = new Request('http://localhost/shop/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
  });
  await host.action('items.create', {});
  return {
    route: await (await host.fetch(request)).json(),
    filter: await host.filter('items.create', { title: 'x' }),
    operation: await host.operation('born', { n: 1 }),
  };
}

const born = { born: expect.any(Number) as number };

describe('snapshots of a host', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapshots-'));
    errors = [];
  });

  afterEach(() => rm(folder, { recursive: true }));

  describe.each<[string, HostOptions]>([
    ['on this thread', { pool: 'inline' }],
    ['on a thread', { pool: { maxThreads: 1 } }],
    ['persistent', { pool: 'inline', isolation: 'persistent' }],
  ])('snapshots %s', (_name, options) => {
    test('routes, filters, actions and operations run from them, and nothing is evaluated again', async () => {
      const first = await run(options);
      // the action has run in the same sandbox
      const seen = options.isolation === 'persistent' ? 2 : 1;
      expect(first).toEqual({
        route: { ...born, body: { a: 1 } },
        filter: { ...born, title: 'x', seen },
        operation: { ...born, n: 1 },
      });
      expect(await run(options)).toEqual(first);
      expect(errors).toEqual([]);
    });

    test.each<[string, (content: Buffer) => Buffer]>([
      ['a flipped bit at its end', (content) => content.with(content.length - 1, content.at(-1)! ^ 1) as Buffer],
      ['a flipped bit in its header', (content) => content.with(100, content[100]! ^ 1) as Buffer],
      ['a cut', (content) => content.subarray(0, content.length / 2)],
      ['nothing in it', () => Buffer.alloc(0)],
    ])('one with %s is told, replaced, and no call is the worse for it', async (_damage, damage) => {
      const before = await run(options);
      const files = await readdir(folder);
      for (const file of files) await writeFile(join(folder, file), damage(await readFile(join(folder, file))));
      const after = await run(options);
      expect(errors).toEqual(Array(3).fill('Snapshot is damaged, and is not used'));
      expect(after.operation).toEqual({ ...born, n: 1 });
      expect(after.operation).not.toEqual(before.operation);
      expect(await run(options)).toEqual(after);
      expect(errors).toHaveLength(3);
    });

    test('a sound one of something else is told and replaced', async () => {
      const before = await run(options);
      const files = (await readdir(folder)).map((name) => join(folder, name));
      const contents = await Promise.all(files.map((file) => readFile(file)));
      for (const [i, file] of files.entries()) await writeFile(file, contents[(i + 1) % files.length]!);
      const after = await run(options);
      expect(errors).toEqual(Array(3).fill('Snapshot is of another engine, and is not used'));
      expect(after.route).not.toEqual(before.route);
      expect(await run(options)).toEqual(after);
    });

    test('the key in front of one is not needed', async () => {
      const before = await run(options);
      for (const name of await readdir(folder)) {
        const file = join(folder, name);
        await writeFile(file, (await readFile(file)).fill(0, 0, 32));
      }
      expect(await run(options)).toEqual(before);
      expect(errors).toEqual([]);
    });
  });
});
