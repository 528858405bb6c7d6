// A host in a process of its own, which makes calls and tells on its standard output how each
// settles: one line, `id how`. Usage: node child.mjs <job as JSON>. What a job may hold is below.
import { closeSync, openSync, writeSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

import { operationManifest } from './operation-manifest.mjs';

const {
  /** Port of the ledger. */
  port,
  /** Id of the first call. */
  from = 1,
  calls = 0,
  /** Calls at a time; all, if absent. */
  inFlight = calls,
  handler = `async ({ id }) => { await sleep(5); return (await request('http://allowed.test:' + PORT + '/' + id)).data; }`,
  /** What is read in place of the engine's binary: `missing`, or the name of a damage. */
  wasm,
  /**
   * Whether all file descriptors are taken while the calls run, and a thread is killed meanwhile.
   */
  exhaustsFiles = false,
  limits = {},
  closeMs = 5_000,
} = JSON.parse(process.argv[2]);

/** Writes at once, also if the process is killed next; waits while the pipe is full. */
function tell(line) {
  for (;;) {
    try {
      return writeSync(1, `${line}\n`);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const DAMAGES = {
  truncated: (bytes) => bytes.subarray(0, bytes.length >> 1),
  garbled: (bytes) => bytes.fill(255, 0, 64),
  empty: () => Buffer.alloc(0),
};
if (wasm) {
  const { readFile } = fs;
  fs.readFile = async (path, ...rest) => {
    if (!String(path).endsWith('.wasm')) return readFile(path, ...rest);
    if (wasm === 'missing') throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
    return DAMAGES[wasm](await readFile(path, ...rest));
  };
  syncBuiltinESMExports();
}

const workers = [];
process.on('worker', (worker) => workers.push(worker));

const { createHost } = await import('@sandglass/host');
const host = await createHost({
  pool: { maxThreads: 2, minThreads: 2 },
  limits,
  request: {
    lookup: (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    allowAddresses: ['127.0.0.1'],
  },
});
const scopes = { log: {}, sleep: {}, request: { urls: ['http://allowed.test:*/*'], methods: ['GET'] } };
await host.load({
  manifest: operationManifest('work', scopes),
  source: `import { log, sleep, request } from 'directus:api';
const PORT = ${port};
export default { id: 'work', handler: ${handler} };`,
});

let isClosing = false;
process.on('SIGTERM', () => {
  tell('SIGTERM');
  if (isClosing) process.exit(143);
  isClosing = true;
  void host.close(closeMs).then(() => tell('closed'));
});

let next = from;
async function callOne() {
  const id = next++;
  tell(`${id} accepted`);
  const how = await host.operation('work', { id }).then(
    () => 'ok',
    (error) => error.code ?? String(error),
  );
  tell(`${id} ${how}`);
  return how;
}

const files = [];
if (exhaustsFiles) {
  await callOne(); // everything is up and loaded
  takeAllFiles();
  void workers[0]?.terminate();
}
const all = from + calls;
const callers = Array.from({ length: inFlight }, async () => {
  while (next < all) await callOne();
});
tell('running');
await Promise.all(callers);
if (exhaustsFiles) {
  for (const file of files.splice(0)) closeSync(file);
  for (let tries = 0; tries < 20 && (await callOne()) !== 'ok'; tries++) await new Promise((r) => setTimeout(r, 200));
}
const { accepted, settled, queued, running, lanes } = host.stats();
const settlements = Object.values(settled).reduce((sum, count) => sum + count, 0);
tell(`stats ${JSON.stringify({ accepted, settlements, queued, running, lanes: lanes.length })}`);
tell(`rss ${process.resourceUsage().maxRSS * 1_024}`);
await host.close();

function takeAllFiles() {
  try {
    for (;;) files.push(openSync('/dev/null'));
  } catch (error) {
    tell(error.code);
  }
}
