/** Answers the requests of `bake-off.mjs`: `node responder.mjs nats|bullmq <port> <folder>`. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , kind, port, folder] = process.argv;
const { resolve } = createRequire(join(folder, 'package.json'));
const load = (name) => import(pathToFileURL(resolve(name)));

if (kind === 'nats') {
  const { connect } = await load('@nats-io/transport-node');
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  connection.subscribe('echo', { callback: (_, message) => message.respond(message.data) });
  await connection.flush();
} else {
  const { Worker } = await load('bullmq');
  const connection = { host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null };
  const worker = new Worker('echo', (job) => Promise.resolve(job.data), { connection, concurrency: 256 });
  await worker.waitUntilReady();
}
console.log('ready');
