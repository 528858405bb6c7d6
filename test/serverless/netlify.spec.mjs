import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, test } from 'node:test';

import { install } from '../runtimes/install.mjs';
import { copyProject, ROOT } from './artefact.mjs';
import { assertServesExtensions } from './contract.mjs';

let server;

/** Imports a package of a folder by its ES module. */
async function load(folder, name, conditions = './dist/main.js') {
  return import(pathToFileURL(join(folder, 'node_modules', name, conditions)));
}

before(async () => {
  const cache = await install('netlify', ['@netlify/functions-dev@2.0.8']);
  const projectRoot = await copyProject('netlify', join(cache, 'app'));
  const { FunctionsHandler } = await load(cache, '@netlify/functions-dev');
  const { Reactive, mockLocation } = await load(cache, '@netlify/dev-utils');
  // What netlify.toml says, as the command line reads it: the handler takes it parsed.
  const functions = { '*': { node_bundler: 'nft', included_files: ['extensions/**', 'snapshots/**'] } };
  const handler = new FunctionsHandler({
    config: new Reactive({ functions }),
    destPath: join(projectRoot, '.netlify/functions-serve'),
    geolocation: mockLocation,
    projectRoot,
    settings: {},
    timeouts: {},
    userFunctionsPath: join(projectRoot, 'functions'),
  });
  const host = createRequire(join(ROOT, 'packages/host/package.json'));
  const { toNodeHandler } = await import(pathToFileURL(host.resolve('srvx/node')));
  const serve = async (request) => {
    const match = await handler.match(request);
    return match ? match.handle(request) : new Response('no function', { status: 404 });
  };
  server = createServer(toNodeHandler(serve)).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

after(() => {
  server?.closeAllConnections();
  server?.close();
});

test("Netlify's local functions serve the endpoints below /api, packed as they are deployed", () =>
  assertServesExtensions(`http://127.0.0.1:${server.address().port}/api`, 4));
