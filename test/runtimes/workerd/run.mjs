/** Runs the engine's suite inside workerd. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CACHE, install, run } from '../install.mjs';
import { binary } from '../runtimes.mjs';

const WASM = '@sandglass/worker/engine.wasm';
const START_TIMEOUT_MS = 20_000;
const RUN_TIMEOUT_MS = 60_000;

/** @returns the version of workerd, and the suite's results */
export async function runInWorkerd() {
  const command = await binary('workerd');
  const folder = join(CACHE, 'workerd-app');
  await mkdir(folder, { recursive: true });
  await bundle(folder);
  const server = spawn(command, ['serve', '--control-fd=3', 'config.capnp'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  try {
    const port = await listening(server);
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(RUN_TIMEOUT_MS) });
    const version = (await run(command, ['--version'])).trim().replace('workerd ', '');
    return { version, results: await response.json() };
  } finally {
    server.kill('SIGKILL');
  }
}

async function bundle(folder) {
  const { build } = createRequire(join(await install('esbuild', ['esbuild@0.28']), 'index.js'))('esbuild');
  const { resolve } = createRequire(new URL('../../../packages/worker/package.json', import.meta.url));
  const wasm = await readFile(resolve(WASM));
  const entry = fileURLToPath(new URL('worker.mjs', import.meta.url));
  await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'import'],
    external: ['./engine.wasm', 'node:*'],
    define: { ENGINE_HASH: JSON.stringify(createHash('sha256').update(wasm).digest('hex')) },
    outfile: join(folder, 'worker.mjs'),
    logLevel: 'error',
  });
  await writeFile(join(folder, 'engine.wasm'), wasm);
  await writeFile(join(folder, 'config.capnp'), CONFIG);
}

/** workerd tells the port of each socket on its control descriptor. */
function listening(server) {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('workerd did not start')), START_TIMEOUT_MS);
    server.once('exit', (code) => reject(new Error(`workerd ended with ${code}`)));
    server.stdio[3].setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      for (const line of text.split('\n').slice(0, -1)) {
        const { event, port } = JSON.parse(line);
        if (event !== 'listen') continue;
        clearTimeout(timer);
        resolve(port);
      }
    });
  });
}

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.mjs", esModule = embed "worker.mjs"),
    (name = "engine.wasm", wasm = embed "engine.wasm"),
  ],
  compatibilityDate = "2025-09-01",
);
`;
