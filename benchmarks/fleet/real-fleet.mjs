/** The real fleet that `simulate.mjs --check` holds its model against. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Iterations of the call: about 10 ms. */
const SPIN = 300_000;
const CALLS = 150;

/**
 * CPU-bound calls of an owner without threads on two runners with a thread each.
 *
 * @returns calls a second, and what one took of its thread, in milliseconds.
 */
export async function measureReal(inFlight) {
  const { promise, resolve } = Promise.withResolvers?.() ?? withResolvers();
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), String(inFlight)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.once('data', (line) => resolve(JSON.parse(line)));
  return promise;
}

function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

/** A process of its own: the clock of the model is not the real one. */
async function main(inFlight) {
  const { createHost } = await import('@sandglass/host');
  const store = mkdtempSync(join(tmpdir(), 'sandglass-real-'));
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` };
  const children = [];
  const start = (program, args) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env });
    children.push(child);
    return child;
  };
  start('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', store, '-l', join(store, 'log')]);
  await delay(700);
  const runner = fileURLToPath(new URL('runner.mjs', import.meta.url));
  for (const name of ['one', 'two']) await once(start(process.execPath, [runner, url, name, '1']).stdout, 'data');
  const host = await createHost({ pool: { maxThreads: 0 }, fleet: { servers: url } });
  const paths = { app: 'app.js', api: 'api.js' };
  const directus = { type: 'operation', path: paths, source: paths, host: '*', sandbox: { enabled: true } };
  await host.load({
    manifest: { name: 'spin', version: '1.0.0', 'directus:extension': directus },
    source: `export default { id: 'spin', handler: () => { let sum = 0; for (let i = 0; i < ${SPIN}; i++) sum += i; return sum; } };`,
  });
  const run = async (calls) => {
    let left = calls;
    const caller = async () => {
      while (left-- > 0) await host.operation('spin');
    };
    await Promise.all(Array.from({ length: inFlight }, caller));
  };
  await run(20);
  const before = host.stats().cpuTimeMs;
  const startedMs = performance.now();
  await run(CALLS);
  const tookMs = performance.now() - startedMs;
  const costMs = (host.stats().cpuTimeMs - before) / CALLS;
  console.log(JSON.stringify({ rate: (CALLS / tookMs) * 1_000, costMs }));
  await host.close();
  for (const child of children) child.kill('SIGKILL');
  rmSync(store, { recursive: true, force: true });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(Number(process.argv[2]));
