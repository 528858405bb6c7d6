/**
 * NATS against BullMQ on Redis, for what remote lanes (A) and durable events (B) need:
 *
 *     node benchmarks/fleet/bake-off.mjs [--quick]
 *
 * Installs both clients into `benchmarks/.peers/fleet`, starts `nats-server` and `redis-server` on
 * free ports of loopback, with a process of its own that answers, and measures both in turn.
 * Decides nothing by itself; docs/decisions/the-fleet-is-on-nats.md has what came of it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PACKAGES = ['bullmq@6', 'ioredis@5', '@nats-io/transport-node@3', '@nats-io/jetstream@3'];
const FOLDER = fileURLToPath(new URL('../.peers/fleet/', import.meta.url));
const isQuick = process.argv.includes('--quick');
/** Rounds of each measurement, one subject after the other; the median counts. */
const ROUNDS = isQuick ? 1 : 5;
const ROUND_MS = isQuick ? 300 : 2_000;
const EVENTS = isQuick ? 500 : 5_000;
/** Events that are published before their acknowledgements are waited for. */
const PUBLISHED_AT_ONCE = 256;

install();
const ports = { nats: await freePort(), redis: await freePort() };
const store = mkdtempSync(join(tmpdir(), 'sandglass-bake-off-'));
const processes = [];
try {
  start('nats-server', ['-a', '127.0.0.1', '-p', String(ports.nats), '-js', '-sd', join(store, 'nats')]);
  mkdirSync(join(store, 'redis'));
  const durable = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
  start('redis-server', [
    ...['--bind', '127.0.0.1', '--port', String(ports.redis), '--dir', join(store, 'redis')],
    ...durable,
  ]);
  await delay(1_000);
  for (const name of ['nats', 'bullmq']) await startResponder(name);
  const subjects = { nats: await openNats(), bullmq: await openBullmq() };
  const rows = [];
  for (const inFlight of [1, 64, 256]) rows.push(await compare(`A: ${inFlight} in flight`, subjects, inFlight));
  for (const what of ['publish', 'consume']) rows.push(await compareEvents(`B: ${what}`, subjects, what));
  print(rows);
  for (const { close } of Object.values(subjects)) await close();
} finally {
  for (const child of processes) child.kill('SIGKILL');
  rmSync(store, { recursive: true, force: true });
}

function install() {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), '{ "private": true, "type": "module" }\n');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...PACKAGES], { cwd: FOLDER });
}

async function load(name) {
  const { createRequire } = await import('node:module');
  return import(pathToFileURL(createRequire(join(FOLDER, 'package.json')).resolve(name)));
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

function start(program, args) {
  processes.push(spawn(program, args, { stdio: 'ignore' }));
}

/** A process that answers each request with its own bytes. */
async function startResponder(name) {
  const responder = fileURLToPath(new URL('responder.mjs', import.meta.url));
  const child = spawn(process.execPath, [responder, name, String(ports[name] ?? ports.redis), FOLDER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  await once(child.stdout, 'data');
}

async function openNats() {
  const { connect } = await load('@nats-io/transport-node');
  const { jetstream, jetstreamManager } = await load('@nats-io/jetstream');
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
  const { Queue, QueueEvents, Worker } = await load('bullmq');
  const connection = { host: '127.0.0.1', port: ports.redis, maxRetriesPerRequest: null };
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

/** Calls a second of each subject, in turn, and the median time of a call. */
async function compare(name, subjects, inFlight) {
  const found = {};
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [subject, { call }] of Object.entries(subjects)) {
      const measured = await measure(call, inFlight);
      if (round > 0) (found[subject] ??= []).push(measured); // the first one warms up
    }
  }
  const rates = Object.entries(found).map(([subject, rounds]) => [subject, median(rounds.map(({ rate }) => rate))]);
  const times = Object.entries(found).map(([subject, rounds]) => [subject, median(rounds.map(({ p50Us }) => p50Us))]);
  return { name, ...Object.fromEntries(rates), p50Us: Object.fromEntries(times) };
}

async function measure(call, inFlight) {
  const took = [];
  const startedMs = performance.now();
  const endsMs = startedMs + ROUND_MS;
  const caller = async () => {
    for (let nowMs = performance.now(); nowMs < endsMs;) {
      await call();
      took.push(-nowMs + (nowMs = performance.now()));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { rate: (took.length / (performance.now() - startedMs)) * 1_000, p50Us: median(took) * 1_000 };
}

/** Events a second: published with their acknowledgement, or taken and acknowledged. */
async function compareEvents(name, subjects, what) {
  const found = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [subject, queue] of Object.entries(subjects)) {
      const publishMs = await clock(() => publishAll(queue));
      const consumeMs = await clock(() => queue.consume(EVENTS));
      (found[subject] ??= []).push((EVENTS / (what === 'publish' ? publishMs : consumeMs)) * 1_000);
    }
  }
  const rates = Object.entries(found).map(([subject, rounds]) => [subject, median(rounds)]);
  return { name, ...Object.fromEntries(rates) };
}

async function publishAll({ publish }) {
  for (let left = EVENTS; left > 0; left -= PUBLISHED_AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(left, PUBLISHED_AT_ONCE) }, publish));
  }
}

async function clock(run) {
  const startedMs = performance.now();
  await run();
  return performance.now() - startedMs;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
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
