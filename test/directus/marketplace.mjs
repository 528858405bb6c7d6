/** A registry of the Marketplace on loopback, with one sandboxed extension. */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from '../runtimes/install.mjs';
import { writeExtension } from './extensions.mjs';
import { until } from './until.mjs';

const EXTENSION = '6f0f3a52-5a3b-4a6e-9d1c-7c1d0f8f0001';
const VERSION = '6f0f3a52-5a3b-4a6e-9d1c-7c1d0f8f0002';

const SHOWN = {
  name: 'from-the-marketplace',
  type: 'endpoint',
  scopes: { log: {} },
  source: `export default (router) => { router.get('/', () => ({ status: 200, body: 'installed' })); };`,
};

const PUBLISHER = { id: EXTENSION, username: 'someone', verified: false, github_name: null, github_avatar_url: null };

/** What Directus asks its registry for. Source: `@directus/extensions-registry` 3. */
const DESCRIPTION = {
  id: EXTENSION,
  name: SHOWN.name,
  description: null,
  total_downloads: 1,
  downloads: null,
  verified: false,
  readme: null,
  type: SHOWN.type,
  license: 'MIT',
  versions: [
    {
      id: VERSION,
      version: '1.0.0',
      verified: false,
      type: SHOWN.type,
      host_version: '*',
      publish_date: '2026-01-01',
      unpacked_size: 1,
      file_count: 2,
      url_bugs: null,
      url_homepage: null,
      url_repository: null,
      license: 'MIT',
      publisher: PUBLISHER,
      bundled: [],
      maintainers: null,
    },
  ],
};

/** Starts the registry. `env` leads a Directus to it. */
export async function startRegistry() {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-registry-'));
  const file = join(folder, 'package.tgz');
  await writeExtension(join(folder, 'package'), SHOWN);
  await run('tar', ['-czf', file, '-C', folder, 'package']);
  const answers = {
    '/version': { version: '2024-01-29' },
    '/extensions': { meta: { filter_count: 0 }, data: [] },
    [`/extensions/${EXTENSION}`]: { data: DESCRIPTION },
  };
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://registry');
    if (pathname === `/download/${VERSION}`) createReadStream(file).pipe(response);
    else if (answers[pathname])
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[pathname]));
    else response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    env: { MARKETPLACE_REGISTRY: `http://127.0.0.1:${server.address().port}` },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

/** Installs the extension, switches it off and on, and uninstalls it. @returns what is wrong */
export async function checkMarketplace(side) {
  const wrong = [];
  const becomes = async (title, status) => {
    const see = async () => (await side.endpoint(SHOWN.name)).status;
    await until(async () => (await see()) === status, 10_000).catch(async () => wrong.push(`${title}: ${await see()}`));
  };
  await side.api('POST', '/extensions/registry/install', { extension: EXTENSION, version: VERSION });
  await becomes('installed', 200);
  const { schema } = (await side.api('GET', '/extensions')).find(({ id }) => id === EXTENSION);
  if (schema.sandbox?.enabled !== true) wrong.push('its permissions are not shown');
  await side.api('PATCH', `/extensions/${EXTENSION}`, { meta: { enabled: false } });
  await becomes('switched off', 404);
  await side.api('PATCH', `/extensions/${EXTENSION}`, { meta: { enabled: true } });
  await becomes('switched on', 200);
  await side.api('DELETE', `/extensions/registry/uninstall/${EXTENSION}`);
  await becomes('uninstalled', 404);
  return wrong;
}
