/** Answers the requests of `bake-off.mjs`: `node responder.mjs nats|bullmq <port>`. */
import { connect } from '@nats-io/transport-node';
import { Worker } from 'bullmq';

const [, , kind, port] = process.argv;

if (kind === 'nats') {
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  connection.subscribe('echo', { callback: (_, message) => message.respond(message.data) });
  await connection.flush();
} else {
  const connection = { host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null };
  const worker = new Worker('echo', (job) => Promise.resolve(job.data), { connection, concurrency: 256 });
  await worker.waitUntilReady();
}
console.log('ready');
