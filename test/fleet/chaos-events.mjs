// Durable events with an effect each, while nodes are killed and the server is killed and started
// again. An outside ledger counts effects. Exits with 1 if an event was lost (no effect, and no
// dead letter), or an effect was done twice.
// Usage: node test/fleet/chaos-events.mjs [events=50000] [nodes=4]
import { fork } from 'node:child_process';
import { createServer } from 'node:http';

import { connectFleet, connectOperator } from '@sandglass/fleet';
import { createHost } from '@sandglass/host';

import { startNatsServer } from '../../packages/fleet/dist/testing/nats-server.js';
import { manifest } from './manifest.mjs';

const total = Number(process.argv[2] ?? 50_000);
const nodeCount = Number(process.argv[3] ?? 4);
const PUBLISHED_AT_ONCE = 64;
const KILL_NODE_EVERY_MS = 5_000;
const KILL_SERVER_EVERY_MS = 20_000;
const PROGRESS_MS = 10_000;

const effects = new Uint8Array(total);
const web = createServer((request, response) => {
  effects[Number(request.url.slice(1))] += 1;
  response.end('{}');
});
await new Promise((resolve) => web.listen(0, '127.0.0.1', resolve));
const ledger = `http://127.0.0.1:${web.address().port}/`;

const server = await startNatsServer();
const operator = await connectOperator({ servers: server.url });
await operator.push({
  source: {
    manifest: manifest('bookkeeper', 'hook', '1.0.0', { request: { methods: ['POST'], urls: [`${ledger}*`] } }),
    source: `import { request } from 'directus:api';
      export default ({ action }) => action('paid', ({ n }) => request('${ledger}' + n, { method: 'POST' }));`,
  },
});
// it publishes and does nothing itself
const fleet = await connectFleet({ servers: server.url, name: 'publisher', maxWork: 0 });
const host = await createHost({ pool: 'inline', fleet, onError: () => {} });

const nodes = new Map();
let isOver = false;
let killed = 0;
function spawnNode(name) {
  const node = fork(new URL('node.mjs', import.meta.url), [server.url, name], {
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
  });
  nodes.set(name, node);
  // one that does not get up while the server is away is started again
  node.on('exit', () => !isOver && setTimeout(() => spawnNode(name), 500));
}
for (let i = 0; i < nodeCount; i++) spawnNode(`node-${i}`);
const killNode = setInterval(() => {
  const node = [...nodes.values()][killed % nodeCount];
  if (node.kill('SIGKILL')) killed += 1;
}, KILL_NODE_EVERY_MS);
let restarts = 0;
let isCalm = false;
const chaos = (async () => {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, KILL_SERVER_EVERY_MS));
    if (isCalm) return;
    restarts += 1;
    await server.kill();
    await server.start();
  }
})();

const startedMs = performance.now();
let next = 0;
let retried = 0;
async function publish() {
  while (next < total) {
    const n = next++;
    for (;;) {
      try {
        await fleet.publish('paid', { n }, { id: `bill-${n}` });
        break;
      } catch (error) {
        if (error.code !== 'E_FLEET') throw error;
        retried += 1; // the same id again is safe
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}
const done = () => effects.reduce((sum, count) => sum + (count > 0), 0);
const progress = setInterval(
  () => console.log(`${next} published, ${done()} done, ${killed} nodes and ${restarts} servers killed`),
  PROGRESS_MS,
);
await Promise.all(Array.from({ length: PUBLISHED_AT_ONCE }, publish));
const published = performance.now() - startedMs;

/** Numbers of the events that were given up. */
async function deadEvents() {
  const letters = await operator.deadLetters().catch(() => []);
  return new Set(letters.map(({ work }) => work.meta.n));
}
const isDone = (dead) => effects.every((count, n) => count > 0 || dead.has(n));
const STOP_CHAOS_AT = 0.95;
while (done() < total * STOP_CHAOS_AT) await new Promise((resolve) => setTimeout(resolve, 500));
clearInterval(killNode);
isCalm = true;
const deadline = performance.now() + 180_000; // work of a killed node comes again after 30 s
let dead = await deadEvents();
while (!isDone(dead) && performance.now() < deadline) {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  dead = await deadEvents();
}
clearInterval(progress);

const lost = effects.reduce((sum, count, n) => sum + Number(count === 0 && !dead.has(n)), 0);
const doubled = effects.reduce((sum, count) => sum + Number(count > 1), 0);
const seconds = (performance.now() - startedMs) / 1_000;
console.log(
  `${total} events on ${nodeCount} nodes, published in ${(published / 1_000).toFixed(1)} s with ${retried} retries, over after ${seconds.toFixed(1)} s`,
);
console.log(`${killed} nodes killed, server killed ${restarts} times`);
console.log(
  `done: ${done()}, dead letters: ${dead.size} (${[...dead].filter((n) => effects[n] > 0).length} of them with their effect done)`,
);
console.log(`lost: ${lost}, effects doubled: ${doubled}`);
isOver = true;
for (const node of nodes.values()) node.kill('SIGKILL');
await chaos;
await host.close(0);
await fleet.close();
await operator.close();
await server.stop();
web.close();
process.exitCode = lost + doubled > 0 ? 1 : 0;
