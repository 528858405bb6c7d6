import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';

import { start } from './server.mjs';

/** Longer than the wall time of the call that it interrupts. */
const FROZEN_MS = 3_000;
const SERVE = `
import { createServer } from 'node:http';
import { createHost } from '@sandglass/host';
const manifest = { name: 'nap', version: '1.0.0', 'directus:extension': { type: 'endpoint', path: 'a', source: 'a', host: '*',
  sandbox: { enabled: true, requestedScopes: { sleep: {} } } } };
const source = 'import { sleep } from "directus:api"; export default (router) => router.get("/", async () => { await sleep(1000); return { status: 200, body: "ok" }; });';
const pool = process.env.SANDGLASS_POOL === 'inline' ? 'inline' : { minThreads: 1, maxThreads: 1, idleTimeoutMs: 1_000 };
const host = await createHost({ pool, limits: { wallTimeMs: 2_500 } });
await host.load({ manifest, source });
const server = createServer(async (request, response) => {
  const answer = await host.fetch(new Request('http://localhost/nap/'));
  response.writeHead(answer.status).end(await answer.text());
}).listen(0, '127.0.0.1', () => console.log('ready ' + server.address().port));
`;

for (const pool of ['workers', 'inline']) {
  test(`a call survives that its container is frozen, pool ${pool}`, async () => {
    const env = { ...process.env, SANDGLASS_POOL: pool };
    const cwd = join(import.meta.dirname, '..', '..');
    const container = await start(process.execPath, ['--input-type=module', '--eval', SERVE], /ready \d+/, {
      cwd,
      env,
    });
    try {
      const [, port] = /ready (\d+)/.exec(container.output());
      const call = fetch(`http://127.0.0.1:${port}/`);
      await wait(300); // the call is in its sleep
      process.kill(container.pid, 'SIGSTOP');
      await wait(FROZEN_MS);
      process.kill(container.pid, 'SIGCONT');
      assert.equal((await call).status, 200, 'the time in which it stood still is not counted');
      assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200, 'the thawed container goes on');
    } finally {
      await container.stop();
    }
  });
}
