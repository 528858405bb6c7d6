import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, test } from 'node:test';

import { bundleExample, ROOT } from './artefact.mjs';
import { assertServesExtensions } from './contract.mjs';

const folders = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** Serves a web handler with srvx, as the platforms' own local servers do: Node's requests become those of fetch. */
async function serve(handler) {
  const host = createRequire(join(ROOT, 'packages/host/package.json'));
  const { toNodeHandler } = await import(pathToFileURL(host.resolve('srvx/node')));
  const server = createServer(toNodeHandler(handler)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const EXAMPLES = [
  ['vercel/api/extensions.mjs', (module) => module.default.fetch],
  ['netlify/functions/extensions.mjs', (module) => module.default],
];

for (const [entry, toHandler] of EXAMPLES) {
  test(`${entry} serves the endpoints below /api`, async () => {
    const folder = await bundleExample(entry);
    folders.push(folder);
    const module = await import(pathToFileURL(join(folder, 'extensions.mjs')));
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
