import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { install } from '../runtimes/install.mjs';
import { bundleExample, EXAMPLES } from './artefact.mjs';
import { assertServesExtensions } from './contract.mjs';
import { freePort, start } from './server.mjs';

let http;
let lambda;
let offline;

before(async () => {
  const cache = await install('serverless-offline', ['serverless@3', 'serverless-offline@13']);
  const folder = join(cache, 'app');
  await rm(folder, { recursive: true, force: true });
  await cp(join(EXAMPLES, 'lambda'), folder, { recursive: true });
  await bundleExample('lambda/handler.mjs', join(folder, 'dist'));
  [http, lambda] = [await freePort(), await freePort()];
  const args = ['offline', 'start', '--httpPort', http, '--lambdaPort', lambda].map(String);
  const env = { ...process.env, CI: '1', SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off' };
  const command = join(cache, 'node_modules/serverless/bin/serverless.js');
  offline = await start(process.execPath, [command, ...args], /Server ready/, { cwd: folder, env });
});

after(() => offline?.stop());

async function invoke(name, event) {
  const url = `http://127.0.0.1:${lambda}/2015-03-31/functions/sandglass-example-dev-${name}/invocations`;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(event) });
  const text = await response.text();
  return text === '' ? null : JSON.parse(text); // serverless-offline sends nothing for null
}

// It makes a container for each call that is under way, as Lambda does: four are enough.
test('serverless-offline serves the endpoints behind API Gateway', () =>
  assertServesExtensions(`http://127.0.0.1:${http}`, 4));

test('a direct invocation runs an operation', async () => {
  assert.deepEqual(await invoke('invoke', { operation: 'shout', options: { text: 'hi' } }), { text: 'HI!' });
});

test('a direct invocation runs filters and actions', async () => {
  const filtered = await invoke('invoke', { filter: 'items.create', payload: { title: ' x ' } });
  assert.deepEqual(filtered, { title: 'x' });
  assert.equal(await invoke('invoke', { action: 'articles.items.create', meta: { key: 1 } }), null);
});

test('a direct invocation that fails tells why', async () => {
  const { errorMessage } = await invoke('invoke', { filter: 'items.create', payload: {} });
  assert.match(errorMessage, /An item needs a title/);
});

test('of a batch of messages only the failed ones come again', async () => {
  const Records = [
    { messageId: 'good', body: '{"text":"a"}' },
    { messageId: 'no JSON', body: '{' },
    { messageId: 'throws', body: '{}' },
  ];
  const { batchItemFailures } = await invoke('queue', { Records });
  assert.deepEqual(batchItemFailures, [{ itemIdentifier: 'no JSON' }, { itemIdentifier: 'throws' }]);
});
