/**
 * Measures the Lambda example as it is deployed: `node test/serverless/bench-lambda.mjs [runs]`.
 *
 * Cold start is a whole process, from its start to its first response, the variants in turn so that the machine's mood meets
 * all alike; memory is that process's at its first response. Then 200 invocations at once against one warm container.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bundleExample, traceExample } from './artefact.mjs';

const RUNS = Number(process.argv[2] ?? 10);
const CONCURRENCY = 200;
const ROUNDS = 20;

/** What every variant does last: it tells that the response is there, and how much memory that took. */
const DONE = `process.stdout.write(String(process.memoryUsage.rss()), () => process.exit());`;
const EVENT = `{ version: '2.0', rawPath: '/hello-endpoint/', rawQueryString: '', headers: { host: 'x' }, requestContext: { http: { method: 'GET' } } }`;

const callHandler = (file) => `const { http } = await import(${JSON.stringify(file)});
const { statusCode } = await http(${EVENT}, { getRemainingTimeInMillis: () => 10_000 });
if (statusCode !== 200) throw new Error('status ' + statusCode);
${DONE}`;

const plainHandler = (file) => `const { default: register } = await import(${JSON.stringify(file)});
const routes = {};
register({ get: (path, handler) => (routes[path] = handler), post() {} });
const { status, body } = await routes['/']({ url: '/', headers: {}, body: {} });
if (status !== 200 || !JSON.stringify(body)) throw new Error('no answer');
${DONE}`;

const PLAIN = `let visits = 0; export default (router) => router.get('/', () => ({ status: 200, body: { hello: 'world', visits: ++visits } }));`;

const CROWD = (file) => `const { http, getHost } = await import(${JSON.stringify(file)});
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

const bundled = await bundleExample('lambda/handler.mjs');
const traced = await traceExample('lambda/handler.mjs');
const scratch = await mkdtemp(join(tmpdir(), 'sandglass-bench-'));
try {
  const plain = join(scratch, 'plain.mjs');
  await writeFile(plain, PLAIN);
  const bundleFile = join(bundled, 'handler.mjs');
  const traceFile = join(traced, 'examples/serverless/lambda/handler.mjs');
  await coldStart({
    'Node, nothing else': { script: DONE },
    'the handler itself, no sandbox': { script: plainHandler(plain) },
    'bundle, inline': { script: callHandler(bundleFile), pool: 'inline' },
    'bundle, workers': { script: callHandler(bundleFile), pool: 'workers' },
    'trace, inline': { script: callHandler(traceFile), pool: 'inline' },
    'trace, workers': { script: callHandler(traceFile), pool: 'workers' },
  });
  console.log(`\n| ${CONCURRENCY} at once, warm | calls/s | p50 ms | p99 ms |\n|---|---|---|---|`);
  for (const pool of ['inline', 'workers']) {
    const { text } = await launch({ script: CROWD(bundleFile), pool });
    const { perSecond, p50, p99 } = JSON.parse(text);
    console.log(`| ${pool} | ${perSecond} | ${p50.toFixed(1)} | ${p99.toFixed(1)} |`);
  }
} finally {
  await Promise.all([bundled, traced, scratch].map((folder) => rm(folder, { recursive: true, force: true })));
}

async function coldStart(variants) {
  const measured = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round <= RUNS; round++) {
    for (const [name, variant] of Object.entries(variants)) {
      const result = await launch(variant);
      if (round > 0) measured[name].push(result); // the first round warms the disk
    }
  }
  console.log(`| cold start, ${RUNS} runs | median ms | least ms | × no sandbox | memory MB |\n|---|---|---|---|---|`);
  const base = median(measured['the handler itself, no sandbox'].map(({ ms }) => ms));
  for (const [name, results] of Object.entries(measured)) {
    const times = results.map(({ ms }) => ms);
    const memory = median(results.map(({ text }) => Number(text))) / 1e6;
    const row = [
      name,
      median(times).toFixed(0),
      Math.min(...times).toFixed(0),
      (median(times) / base).toFixed(2),
      memory.toFixed(0),
    ];
    console.log(`| ${row.join(' | ')} |`);
  }
}

/** Runs a script in a process of its own. @returns what it printed, and how long its first output took */
function launch({ script, pool = '' }) {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const args = ['--input-type=module', '--eval', script];
    const child = spawn(process.execPath, args, {
      cwd: scratch,
      env: { SANDGLASS_POOL: pool },
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
