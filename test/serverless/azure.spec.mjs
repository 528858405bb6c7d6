import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';

import { install } from '../runtimes/install.mjs';
import { bundleExample } from './artefact.mjs';
import { assertServesExtensions } from './contract.mjs';

test('the request and response of @azure/functions fit the handler', async () => {
  const cache = await install('azure-functions', ['@azure/functions@4']);
  const { HttpRequest, HttpResponse } = createRequire(join(cache, 'index.js'))('@azure/functions');
  const app = join(cache, 'app');
  await bundleExample('azure/src/extensions.mjs', join(app, 'src'), '@azure/functions');
  const { http, getHost } = await import(pathToFileURL(join(app, 'src/extensions.mjs')));
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = `http://127.0.0.1${request.url}`;
    const body = chunks.length > 0 ? { bytes: Buffer.concat(chunks) } : undefined;
    const answer = new HttpResponse(
      await http(new HttpRequest({ method: request.method, url, headers: request.headers, body })),
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await assertServesExtensions(`http://127.0.0.1:${server.address().port}/api`);
  } finally {
    server.closeAllConnections();
    server.close();
    await (await getHost()).close();
  }
  assert.equal(server.listening, false);
});
