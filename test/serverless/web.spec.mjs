import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, test } from 'node:test';

import { copyProject, ROOT } from './artefact.mjs';
import { assertServesExtensions } from './contract.mjs';

const folders = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/**
 * Serves a web handler with srvx, many calls in one process, which the platforms' own local servers
 * do not do.
 */
async function serve(handler) {
  const host = createRequire(join(ROOT, 'packages/host/package.json'));
  const { toNodeHandler } = await import(pathToFileURL(host.resolve('srvx/node')));
  const server = createServer(toNodeHandler(handler)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const EXAMPLES = [
  ['vercel', 'api/extensions.mjs', (module) => module.default.fetch],
  ['netlify', 'functions/extensions.mjs', (module) => module.default],
];

for (const [example, entry, toHandler] of EXAMPLES) {
  test(`${example}/${entry} serves the endpoints below /api`, async () => {
    const folder = await copyProject(example, await mkdtemp(join(tmpdir(), 'sandglass-web-')));
    folders.push(folder);
    const module = await import(pathToFileURL(join(folder, entry)));
    const server = await serve(toHandler(module));
    try {
      await assertServesExtensions(`http://127.0.0.1:${server.address().port}/api`);
    } finally {
      server.closeAllConnections();
      server.close();
      await (await module.getHost()).close();
    }
  });
}
