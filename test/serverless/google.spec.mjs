import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { install } from '../runtimes/install.mjs';
import { bundleExample } from './artefact.mjs';
import { assertServesExtensions } from './contract.mjs';
import { freePort, start } from './server.mjs';

let cache;
let folder;
const running = [];

before(async () => {
  cache = await install('functions-framework', ['@google-cloud/functions-framework@5']);
  folder = await bundleExample('google/index.mjs', join(cache, 'app'), '@google-cloud/functions-framework');
});

after(() => Promise.all(running.map((server) => server.stop())));

async function serve(target, signature) {
  const port = await freePort();
  const command = join(cache, 'node_modules/@google-cloud/functions-framework/build/src/main.js');
  const args = [command, '--source=index.mjs', `--target=${target}`, `--signature-type=${signature}`, `--port=${port}`];
  running.push(await start(process.execPath, args, /Serving function|URL:/, { cwd: folder }));
  return `http://127.0.0.1:${port}`;
}

test('functions-framework serves the endpoints', async () => {
  await assertServesExtensions(await serve('extensions', 'http'));
});

test('functions-framework runs an operation for a CloudEvent', async () => {
  const url = await serve('shout', 'cloudevent');
  const send = (data) => {
    const headers = {
      'content-type': 'application/json',
      'ce-id': '1',
      'ce-source': 'test',
      'ce-type': 'test',
      'ce-specversion': '1.0',
    };
    return fetch(url, { method: 'POST', headers, body: JSON.stringify(data) });
  };
  assert.equal((await send({ text: 'hi' })).ok, true);
  assert.equal((await send({ none: 1 })).status, 500, 'an operation that throws is an event that failed');
});
