/**
 * NATS against BullMQ on Redis, for what remote lanes (A) and durable events (B) need:
 *
 *     pnpm build && node benchmarks/fleet/bake-off.mjs [--quick]
 *
 * Starts `nats-server` and `redis-server` on free ports of loopback, with a process of its own that
 * answers, and measures both in turn.
 * Decides nothing by itself; docs/decisions/the-fleet-is-on-nats.md has what came of it.
 */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Queue, QueueEvents, Worker } from 'bullmq';

import { startNatsServer } from '../../packages/fleet/dist/testing/nats-server.js';
import { clock, compare, measure, mediansOf } from './measure.mjs';
import { startNode } from './start-node.mjs';
import { startRedis } from './start-redis.mjs';

const isQuick = process.argv.includes('--quick');
/** Rounds of each measurement, one subject after the other; the median counts. */
const ROUNDS = isQuick ? 1 : 5;
const ROUND_MS = isQuick ? 300 : 2_000;
const EVENTS = isQuick ? 500 : 5_000;
/** Events that are published before their acknowledgements are waited for. */
const PUBLISHED_AT_ONCE = 256;

const server = await startNatsServer();
const redis = await startRedis();
const ports = { nats: server.port, bullmq: redis.port };
try {
  // each answers a request with its own bytes
  for (const [name, port] of Object.entries(ports)) await startNode('responder.mjs', name, String(port));
  const subjects = { nats: await openNats(), bullmq: await openBullmq() };
  const rows = [];
  for (const inFlight of [1, 64, 256]) {
    const found = await compare(subjects, ROUNDS, ({ call }) => measure(call, inFlight, ROUND_MS));
    rows.push({ name: `A: ${inFlight} in flight`, ...mediansOf(found, 'rate'), p50Us: mediansOf(found, 'p50Us') });
  }
  const found = await compare(subjects, ROUNDS, measureEvents);
  for (const what of ['publish', 'consume']) rows.push({ name: `B: ${what}`, ...mediansOf(found, what) });
  print(rows);
  for (const { close } of Object.values(subjects)) await close();
} finally {
  await redis.stop();
  await server.stop();
}

async function openNats() {
  const connection = await connect({ servers: `127.0.0.1:${ports.nats}` });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'events', subjects: ['events'], retention: 'workqueue' });
  await manager.consumers.add('events', { durable_name: 'worker', ack_policy: 'explicit' });
  const stream = jetstream(connection);
  const payload = new Uint8Array(64);
  return {
    call: () => connection.request('echo', payload, { timeout: 30_000 }),
    publish: () => stream.publish('events', payload),
    async consume(count) {
      const consumer = await stream.consumers.get('events', 'worker');
      const messages = await consumer.consume({ max_messages: PUBLISHED_AT_ONCE });
      let left = count;
      for await (const message of messages) {
        message.ack();
        if (--left === 0) break;
      }
      await connection.flush();
    },
    close: () => connection.close(),
  };
}

async function openBullmq() {
  const connection = { host: '127.0.0.1', port: ports.bullmq, maxRetriesPerRequest: null };
  // its results are read after it has ended: the last ones have to stay
  const options = { removeOnComplete: { count: 2_000 }, removeOnFail: true };
  const queue = new Queue('echo', { connection });
  const events = new Queue('events', { connection });
  queue.setMaxListeners(0);
  const ends = new QueueEvents('echo', { connection });
  ends.setMaxListeners(0);
  await ends.waitUntilReady();
  const payload = 'x'.repeat(64);
  return {
    call: async () => (await queue.add('echo', payload, options)).waitUntilFinished(ends, 30_000),
    publish: () => events.add('event', payload, options),
    async consume(count) {
      let left = count;
      const { promise, resolve } = withResolvers();
      const worker = new Worker('events', async () => void (--left === 0 && resolve()), {
        connection,
        concurrency: PUBLISHED_AT_ONCE,
      });
      await promise;
      await worker.close();
    },
    close: () => Promise.all([queue.close(), events.close(), ends.close()]),
  };
}

function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Events a second: published with their acknowledgement, then taken and acknowledged. */
async function measureEvents(queue) {
  const publishMs = await clock(() => publishAll(queue));
  const consumeMs = await clock(() => queue.consume(EVENTS));
  return { publish: (EVENTS / publishMs) * 1_000, consume: (EVENTS / consumeMs) * 1_000 };
}

async function publishAll({ publish }) {
  for (let left = EVENTS; left > 0; left -= PUBLISHED_AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(left, PUBLISHED_AT_ONCE) }, publish));
  }
}

function print(rows) {
  console.table(
    rows.map(({ name, nats, bullmq, p50Us }) => ({
      measured: name,
      'NATS/s': Math.round(nats),
      'BullMQ/s': Math.round(bullmq),
      ratio: Number((nats / bullmq).toFixed(1)),
      'p50 µs': p50Us ? `${Math.round(p50Us.nats)} / ${Math.round(p50Us.bullmq)}` : '',
    })),
  );
}
