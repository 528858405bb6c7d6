// `node test/directus/measure.mjs`, after a build: what twenty endpoints cost a Directus. Memory
// without extensions, with its own sandbox and with Sandglass in place, and the time of a GET on
// each, in turns. Directus' own sandbox has isolated-vm compiled for the Node that runs this.
// `--install folder` takes a Directus that is there, `--side name` one side alone.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { startDirectus } from './directus.mjs';
import { writeExtension } from './extensions.mjs';
import { startInPlace } from './in-place.mjs';
import { installDirectus, PINNED } from './install-directus.mjs';

const ENDPOINTS = 20;
/** Of each endpoint, before anything is measured: the second is served by a snapshot. */
const WARM_UP = 25;
const ROUNDS = 1_000;

const SIDES = {
  bare: { start: startDirectus, count: 0 },
  own: { start: startDirectus, count: ENDPOINTS },
  'bare in place': { start: startInPlace, count: 0 },
  'in place': { start: startInPlace, count: ENDPOINTS },
  'on one thread': { start: startInPlace, count: ENDPOINTS, env: { SANDGLASS_MAX_THREADS: '1' } },
};

const { values } = parseArgs({
  options: {
    install: { type: 'string' },
    version: { type: 'string', default: PINNED.at(-1) },
    side: { type: 'string', multiple: true, default: Object.keys(SIDES) },
  },
});

const source = `
  export default (router) => {
    router.get('/hello/:name', ({ url }) => ({ status: 200, body: { hello: url.split('/').at(-1) } }));
  };
`;

const install = values.install ?? (await installDirectus(values.version));
const folders = await mkdtemp(join(tmpdir(), 'sandglass-measure-'));
const sides = [];
try {
  for (const name of values.side) {
    const { start, count, env: own } = SIDES[name];
    const extensions = join(folders, name.replaceAll(' ', '-'));
    for (let i = 0; i < count; i++) {
      const id = `endpoint-${i}`;
      await writeExtension(join(extensions, id), { name: id, type: 'endpoint', scopes: { log: {} }, source });
    }
    const env = { SERVE_APP: 'false', ...own };
    const side = await start({ install, extensions, env });
    sides.push({ name, side, count, timesMs: [] });
  }
  for (const { side, count } of sides) {
    for (let i = 0; i < count * WARM_UP; i++) await get(side, i);
  }
  for (let i = 0; i < ROUNDS; i++) {
    for (const { side, count, timesMs } of sides) {
      const began = performance.now();
      if (count === 0) await (await side.endpoint('server/ping')).text();
      else await get(side, i);
      timesMs.push(performance.now() - began);
    }
  }
  console.log(`Node ${process.versions.node}, Directus ${values.version}`);
  console.log(['side', 'PSS MB', 'p50 ms', 'p99 ms', 'threads'].join('\t'));
  for (const { name, side, timesMs } of sides) {
    timesMs.sort((a, b) => a - b);
    const at = (share) => timesMs[Math.floor(timesMs.length * share)].toFixed(2);
    console.log([name, await pssMb(side.pid), at(0.5), at(0.99), await threads(side.pid)].join('\t'));
  }
} finally {
  for (const { side } of sides) await side.close();
  await rm(folders, { recursive: true, force: true });
}

async function get(side, i) {
  const response = await side.endpoint(`endpoint-${i % ENDPOINTS}/hello/${i}`);
  const { hello } = await response.json();
  if (hello !== String(i)) throw new Error(`${side.name} answers ${response.status}`);
}

/** Proportional share of the process, which counts what it shares with others once. */
async function pssMb(pid) {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Math.round(Number(/^Pss:\s+(\d+) kB/m.exec(text)[1]) / 1024);
}

async function threads(pid) {
  return /^Threads:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1];
}
