/**
 * Measures functions of AWS Lambda as they are deployed: `node test/serverless/bench-lambda.mjs
 * [runs]`.
 *
 * Cold start is a whole process, from its start to its first response, the variants in turn so that
 * the machine's mood meets all alike; memory is that process's at its first response. Then 200
 * invocations at once against one warm container.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bundle } from '../../examples/serverless/bundle.mjs';
import { bundleExample, bundlePlain, traceExample } from './artefact.mjs';

const RUNS = Number(process.argv[2] ?? 10);
const CONCURRENCY = 200;
const ROUNDS = 20;
const LARGE_BYTES = 200 * 1024;
const EXAMPLE = 'lambda/handler.mjs';
const TRACED = 'examples/serverless/lambda/handler.mjs';

/**
 * What every variant does last: it tells that the response is there, what it cost, and how much
 * memory it took.
 */
const DONE = `const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, bytes: process.memoryUsage.rss() }), () => process.exit());`;
const EVENT = `{ version: '2.0', rawPath: process.env.ROUTE, rawQueryString: '', headers: { host: 'x' }, requestContext: { http: { method: 'GET' } } }`;

const HANDLER = `const { http } = await import(process.env.FUNCTION);
const { statusCode } = await http(${EVENT}, { getRemainingTimeInMillis: () => 10_000 });
if (statusCode !== 200) throw new Error('status ' + statusCode);
${DONE}`;

const DIRECT = `const { invoke } = await import(process.env.FUNCTION);
const { hello } = await invoke({ operation: 'hello' }, { getRemainingTimeInMillis: () => 10_000 });
if (hello !== 'world') throw new Error('no answer');
${DONE}`;

const MODULE = `const { default: register } = await import(process.env.FUNCTION);
const routes = {};
register({ get: (path, handler) => (routes[path] = handler) });
const { status, body } = await routes['/']({ url: '/', headers: {}, body: {} });
if (status !== 200 || !JSON.stringify(body)) throw new Error('no answer');
${DONE}`;

const CROWD = `const { http, getHost } = await import(process.env.FUNCTION);
const call = () => http(${EVENT}, { getRemainingTimeInMillis: () => 10_000 });
await Promise.all(Array.from({ length: ${CONCURRENCY} }, call));
const times = [];
const startedMs = performance.now();
for (let round = 0; round < ${ROUNDS}; round++) {
  await Promise.all(Array.from({ length: ${CONCURRENCY} }, async () => {
    const beganMs = performance.now();
    const { statusCode } = await call();
    if (statusCode !== 200) throw new Error('status ' + statusCode);
    times.push(performance.now() - beganMs);
  }));
}
const seconds = (performance.now() - startedMs) / 1000;
times.sort((a, b) => a - b);
console.log(JSON.stringify({ perSecond: Math.round(times.length / seconds), p50: times[times.length >> 1], p99: times[Math.floor(times.length * 0.99)] }));
await (await getHost()).close();`;

const ENDPOINT = {
  type: 'endpoint',
  path: 'index.js',
  source: `let visits = 0; export default (router) => router.get('/', () => ({ status: 200, body: { hello: 'world', visits: ++visits } }));`,
};
const OPERATION = {
  type: 'operation',
  path: { app: 'app.js', api: 'index.js' },
  source: `let visits = 0; export default { id: 'hello', handler: () => ({ hello: 'world', visits: ++visits }) };`,
};

const scratch = await mkdtemp(join(tmpdir(), 'sandglass-bench-'));
try {
  await measure();
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function measure() {
  const tiny = await extension('tiny', '');
  const large = await extension('large', filler());
  const operation = await extension('operation', '', OPERATION);
  const plain = await bundlePlain(join(import.meta.dirname, 'plain.mjs'), join(scratch, 'plain'), tiny);
  const small = await bundleSmall('small', tiny);
  const direct = await bundleSmall('direct', operation);
  const heavy = await bundleSmall('heavy', large);
  const example = { file: join(await bundleExample(EXAMPLE, join(scratch, 'example')), 'handler.mjs') };
  const traced = { file: join(await traceExample(EXAMPLE, join(scratch, 'traced')), TRACED) };
  for (const each of [example, traced]) each.route = '/hello-endpoint/';
  await coldStart({
    'Node, nothing else': { script: DONE },
    'the handler itself, no sandbox': { script: MODULE, file: join(tiny, 'hello/index.js') },
    'one operation, invoked directly, inline': { script: DIRECT, file: direct, pool: 'inline' },
    'one operation, invoked directly, one worker': { script: DIRECT, file: direct },
    'the handler itself behind HTTP events, no sandbox': { script: HANDLER, file: plain },
    'one endpoint, inline': { script: HANDLER, file: small, pool: 'inline' },
    'one endpoint, one worker': { script: HANDLER, file: small },
    'one endpoint, inline, evaluated': { script: HANDLER, file: small, pool: 'inline', snapshots: 'no' },
    'one endpoint of 200 KB, inline': { script: HANDLER, file: heavy, pool: 'inline' },
    'one endpoint of 200 KB, inline, evaluated': { script: HANDLER, file: heavy, pool: 'inline', snapshots: 'no' },
    'the example (three extensions), inline': { script: HANDLER, ...example, pool: 'inline' },
    'the example, workers': { script: HANDLER, ...example },
    'the example traced, inline': { script: HANDLER, ...traced, pool: 'inline' },
    'the example traced, workers': { script: HANDLER, ...traced },
  });
  console.log(`\n| ${CONCURRENCY} at once, warm | calls/s | p50 ms | p99 ms |\n|---|---|---|---|`);
  for (const pool of ['inline', 'workers']) {
    const { text } = await launch({ script: CROWD, ...example, pool });
    const { perSecond, p50, p99 } = JSON.parse(text);
    console.log(`| ${pool} | ${perSecond} | ${p50.toFixed(1)} | ${p99.toFixed(1)} |`);
  }
}

/** A folder with one extension, whose handler is the same whatever stands before it. */
async function extension(name, before, { type, path, source } = ENDPOINT) {
  const folder = join(scratch, name, 'hello');
  await mkdir(folder, { recursive: true });
  const sandbox = { enabled: true, requestedScopes: {} };
  const manifest = { type, path, source: path, host: '*', sandbox };
  const packageJson = { name: 'hello', version: '1.0.0', type: 'module', 'directus:extension': manifest };
  await writeFile(join(folder, 'package.json'), JSON.stringify(packageJson));
  await writeFile(join(folder, 'index.js'), `${before}${source}`);
  return join(scratch, name);
}

/** Many small functions of which none is called, as in a bundle of libraries. */
function filler() {
  const helper = (i) =>
    `export function helper${i}(value, options) { let total = value; if (options && options.deep) for (const key in options) total += String(options[key]).length; return total + ${i}; }\n`;
  let text = '';
  for (let i = 0; text.length < LARGE_BYTES; i++) text += helper(i);
  return text;
}

async function bundleSmall(name, extensions) {
  const out = join(scratch, `${name}-function`);
  await bundle(join(import.meta.dirname, 'small.mjs'), out, { extensions });
  return join(out, 'small.mjs');
}

async function coldStart(variants) {
  const measured = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round <= RUNS; round++) {
    for (const [name, variant] of Object.entries(variants)) {
      const { ms, text } = await launch(variant);
      // the first round warms the disk
      if (round > 0) measured[name].push({ ms, ...JSON.parse(text) });
    }
  }
  console.log(`| cold start, ${RUNS} runs | median ms | least ms | × no sandbox | CPU ms | × no sandbox | memory MB |`);
  console.log('|---|---|---|---|---|---|---|');
  const base = measured['the handler itself, no sandbox'];
  for (const [name, results] of Object.entries(measured)) {
    const of = (key, list = results) => median(list.map((result) => result[key]));
    const row = [
      name,
      of('ms').toFixed(0),
      Math.min(...results.map(({ ms }) => ms)).toFixed(0),
      (of('ms') / of('ms', base)).toFixed(2),
      of('cpuMs').toFixed(0),
      (of('cpuMs') / of('cpuMs', base)).toFixed(2),
      (of('bytes') / 1e6).toFixed(0),
    ];
    console.log(`| ${row.join(' | ')} |`);
  }
}

/**
 * Runs a script in a process of its own. @returns what it printed, and how long its first output
 * took
 */
function launch({ script, file = '', route = '/hello/', pool = '', snapshots = '' }) {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const args = ['--input-type=module', '--eval', script];
    const child = spawn(process.execPath, args, {
      cwd: scratch,
      env: { FUNCTION: file, ROUTE: route, SANDGLASS_POOL: pool, SANDGLASS_SNAPSHOTS: snapshots },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let ms = 0;
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      ms ||= performance.now() - startedMs;
      text += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve({ ms, text }) : reject(new Error(`it ended with ${code}`))));
  });
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
