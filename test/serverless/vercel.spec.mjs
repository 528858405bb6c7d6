import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { install } from '../runtimes/install.mjs';
import { copyProject } from './artefact.mjs';
import { assertServesExtensions } from './contract.mjs';
import { freePort, start } from './server.mjs';

let origin;
let server;

before(async () => {
  const cache = await install('vercel', ['vercel@60.1.3']);
  const cwd = await copyProject('vercel', join(cache, 'app'));
  const [port, ...others] = await Promise.all(Array.from({ length: 4 }, freePort));
  const resources = ['queue', 'runtime-cache', 'schedules'].map((name, i) => `--${name}-port=${others[i]}`);
  const listen = `--listen=127.0.0.1:${port}`;
  const args = [join(cache, 'node_modules/vercel/dist/vc.js'), 'dev', '--local', '--yes', listen, ...resources];
  const env = { ...process.env, VERCEL_TELEMETRY_DISABLED: '1', CI: '1' };
  server = await start(process.execPath, args, /Ready!/, { cwd, env });
  origin = `http://127.0.0.1:${port}`;
});

after(() => server?.stop());

// It starts a process for every request: four at a time are enough.
test('vercel dev serves the endpoints below /api', () => assertServesExtensions(`${origin}/api`, 4));
