/**
 * A real Directus: installed into the cache, started on loopback with SQLite, driven through its
 * own API.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from '../runtimes/install.mjs';
import { until } from './until.mjs';

const TOKEN = 'an-admin-token-of-the-side-by-side-suite';

/** Who signs in. */
export const ADMIN = { email: 'admin@example.com', password: 'a-password-that-nobody-needs' };

/** Items for hooks to look at. */
const COLLECTION = {
  collection: 'things',
  schema: {},
  meta: {},
  fields: [
    { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true }, meta: {} },
    { field: 'kind', type: 'string', schema: {}, meta: {} },
    { field: 'title', type: 'string', schema: {}, meta: {} },
  ],
};

/**
 * Starts Directus with the extensions of a folder. Operations run in one flow that a webhook
 * starts.
 *
 * @param install folder with `node_modules/directus`
 * @param extensions folder in Directus' layout
 * @param env more environment variables, a preload among them
 * @param name of this side
 * @param beside another instance, whose database this one shares
 */
export async function startDirectus({ install, extensions, env = {}, name = 'directus', beside }) {
  const home = beside?.home ?? (await mkdtemp(join(tmpdir(), 'sandglass-directus-')));
  const port = await freePort();
  const node = process.execPath; // what isolated-vm was compiled for
  const cli = join(install, 'node_modules/directus/cli.js');
  const options = {
    cwd: install,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      DB_CLIENT: 'sqlite3',
      DB_FILENAME: join(home, 'data.db'),
      SECRET: 'a-secret-that-nobody-needs',
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      ADMIN_TOKEN: TOKEN,
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      EXTENSIONS_PATH: extensions,
      IMPORT_IP_DENY_LIST: '169.254.169.254',
      STORAGE_LOCAL_ROOT: join(home, 'uploads'),
      TELEMETRY: 'false',
      LOG_LEVEL: 'warn',
      LOG_STYLE: 'raw',
      RATE_LIMITER_ENABLED: 'false',
      PRESSURE_LIMITER_ENABLED: 'false',
      ...env,
    },
  };
  if (!beside) await run(node, [cli, 'bootstrap'], { ...options, timeoutMs: 300_000 });
  const child = spawn(node, [cli, 'start'], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (chunk) => (log += chunk));
  child.stderr.on('data', (chunk) => (log += chunk));
  const origin = `http://127.0.0.1:${port}`;
  const api = async (method, path, body) => {
    const response = await fetch(origin + path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text).data;
  };
  const side = {
    name,
    home,
    origin,
    token: TOKEN,
    api,
    pid: child.pid,
    log: () => log,
    isUp: () => child.exitCode === null && child.signalCode === null,
    async operation(id, options) {
      await flow.take(id, Object.keys(options));
      const response = await fetch(`${origin}/flows/trigger/${flow.id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(options),
      });
      const { result, error, message } = await response.json();
      if (message === undefined) return { result };
      return { error: message === null ? error : { message } };
    },
    endpoint: (path, init) => fetch(`${origin}/${path}`, init),
    async filter(payload) {
      const response = await fetch(`${origin}/items/things?fields=kind,title`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify(payload),
      });
      const { data, errors } = await response.json();
      return errors ? { error: errors[0].message } : { result: data };
    },
    async close() {
      child.kill('SIGKILL');
      if (!beside) await rm(home, { recursive: true, force: true });
    },
  };
  let flow;
  try {
    await until(async () => (await fetch(`${origin}/server/ping`).catch(() => undefined))?.ok, 120_000);
    if (beside) return side;
    await api('POST', '/collections', COLLECTION);
    flow = await makeFlow(api, 'probe');
    await until(async () => (await fetch(`${origin}/server/ping`)).ok, 5_000);
  } catch (error) {
    await side.close();
    throw new Error(`Directus did not start:\n${log.slice(-4_000)}`, { cause: error });
  }
  return side;
}

/**
 * A flow that gives the webhook's body to an operation as its options, and answers with what came
 * of it. One for all operations: without a licence, Directus 12 takes only a few.
 */
async function makeFlow(api, type) {
  const flow = await api('POST', '/flows', {
    name: type,
    status: 'active',
    trigger: 'webhook',
    options: { method: 'POST', async: false, return: '$last', cache_enabled: false },
    accountability: null,
  });
  const addOperation = async (key, rest) =>
    (await api('POST', '/operations', { flow: flow.id, position_x: 1, position_y: 1, name: key, key, ...rest })).id;
  const wrap = (key, json) => addOperation(key, { type: 'transform', options: { json } });
  const operation = await addOperation('subject', {
    type,
    options: {},
    resolve: await wrap('resolved', { result: '{{ subject }}' }),
    reject: await wrap('rejected', { error: '{{ subject }}', message: '{{ subject.message }}' }),
  });
  await api('PATCH', `/flows/${flow.id}`, { operation });
  let taken = '';
  return {
    id: flow.id,
    /**
     * Takes an operation in. Each option is a template of its own, so that Directus looks for none
     * inside of it.
     */
    async take(id, names) {
      const wanted = [id, ...names].join();
      if (wanted === taken) return;
      taken = wanted;
      const options = Object.fromEntries(names.map((name) => [name, `{{ $trigger.body.${name} }}`]));
      await api('PATCH', `/operations/${operation}`, { type: id, options });
    },
  };
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
