/** Two instances of one Directus, which tell each other of reloads by way of Redis. */
import { spawn } from 'node:child_process';

import { freePort } from './directus.mjs';
import { OPERATOR_EXTENSION } from './operator.mjs';
import { until } from './until.mjs';

/** @returns undefined if there is no `redis-server` here */
export async function startRedis() {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const isThere = await new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.stdout.on('data', (text) => String(text).includes('Ready to accept connections') && resolve(true));
  });
  if (!isThere) return undefined;
  return { env: { REDIS: `redis://127.0.0.1:${port}` }, close: () => child.kill('SIGKILL') };
}

/** @returns a line for each thing that is not as it has to be */
export async function checkInstances([one, other]) {
  const wrong = [];
  const { name } = OPERATOR_EXTENSION;
  const { id } = (await one.api('GET', '/extensions')).find(({ schema }) => schema?.name === name);
  for (const [enabled, status] of [
    [false, 404],
    [true, 200],
  ]) {
    await one.api('PATCH', `/extensions/${id}`, { meta: { enabled } });
    for (const [i, side] of [one, other].entries()) {
      const see = async () => (await side.endpoint(name)).status;
      await until(async () => (await see()) === status, 10_000).catch(async () =>
        wrong.push(`${enabled ? 'on' : 'off'}, instance ${i + 1}: ${await see()}`),
      );
    }
  }
  return wrong;
}
