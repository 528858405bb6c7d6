// Rolls an extension out over nodes under load, again and again, and back. Prints how many calls
// ended how, and how long a roll-out and a roll-back took until the last node served. Exits with 1
// if a call failed or saw two versions. Usage: node test/fleet/roll-out.mjs [nodes=4] [rounds=10]
import { fork } from 'node:child_process';
import { once } from 'node:events';

import { connectOperator } from '@sandglass/fleet';

import { startNatsServer } from '../../packages/fleet/dist/testing/nats-server.js';
import { manifest } from './manifest.mjs';

const nodeCount = Number(process.argv[2] ?? 4);
const rounds = Number(process.argv[3] ?? 10);
const AFTER_MS = 300;

const subject = (version) => ({
  source: {
    manifest: manifest('subject', 'endpoint', version, { sleep: {} }),
    source: `import { sleep } from 'directus:api';
      const version = '${version}';
      export default (router) => router.get('/', async () => {
        const begun = version;
        await sleep(2);
        return { status: 200, body: begun + ' ' + version };
      });`,
  },
});

const server = await startNatsServer();
const operator = await connectOperator({ servers: server.url });
await operator.push(subject('0.0.0'));
const nodes = await Promise.all(
  Array.from({ length: nodeCount }, async (_, i) => {
    const child = fork(new URL('node.mjs', import.meta.url), [server.url, `node-${i}`, 'load']);
    await once(child, 'message');
    return child;
  }),
);
/** Resolves when every node has answered with a version; how long after `sinceMs` the last did. */
const whenServed = (version, sinceMs) =>
  Promise.all(
    nodes.map(
      (node) =>
        new Promise((resolve) => {
          const listen = (message) => {
            if (message.version !== version) return;
            node.off('message', listen);
            resolve(message.atMs - sinceMs);
          };
          node.on('message', listen);
        }),
    ),
  ).then((all) => Math.max(...all));

const first = whenServed('0.0.0', Date.now());
for (const node of nodes) node.send('load');
await first;

const rollOuts = [];
const rollBacks = [];
for (let round = 1; round <= rounds; round++) {
  const [version, before] = [`${round}.0.0`, round === 1 ? '0.0.0' : `${round - 1}.0.0`];
  const out = whenServed(version, Date.now());
  await operator.push(subject(version));
  rollOuts.push(await out);
  const back = whenServed(before, Date.now());
  await operator.rollback('subject');
  rollBacks.push(await back);
  const again = whenServed(version, Date.now());
  await operator.rollback('subject');
  rollBacks.push(await again);
  await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
}

const counts = await Promise.all(
  nodes.map(async (node) => {
    const counted = new Promise((resolve) =>
      node.on('message', (message) => message.counts && resolve(message.counts)),
    );
    node.send('stop');
    const found = await counted;
    node.send('end');
    await once(node, 'exit');
    return found;
  }),
);
const sum = (key) => counts.reduce((total, one) => total + one[key], 0);
const spread = (values) =>
  `${values.toSorted((a, b) => a - b).at(values.length >> 1)} ms, ${Math.max(...values)} ms at most`;
console.log(`${nodeCount} nodes, ${rounds} roll-outs, ${rollBacks.length} roll-backs, ${sum('ok')} calls`);
console.log(`failed: ${sum('failed')}, on two versions: ${sum('mixed')}`);
console.log(`roll-out until the last node served: ${spread(rollOuts)}`);
console.log(`roll-back until the last node served: ${spread(rollBacks)}`);
process.exitCode = sum('failed') + sum('mixed') > 0 ? 1 : 0;
await operator.close();
await server.stop();
