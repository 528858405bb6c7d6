// One node of a fleet, as a process that can be killed. Usage, forked: node.mjs <server> <name>
// [load]. With `load` it calls the endpoint `subject` all the time, and tells its parent of each
// version that it sees first, and in the end of all that it counted.
import { createHost } from '@sandglass/host';

const [server, name, mode] = process.argv.slice(2);
const IN_FLIGHT = 16;

const host = await createHost({
  pool: mode === 'load' ? { maxThreads: 1 } : 'inline',
  fleet: { servers: server, name },
  request: { allowAddresses: ['127.0.0.1'] },
  onError: () => {}, // the server goes away, that is the point
});

const counts = { ok: 0, failed: 0, mixed: 0 };
const over = new AbortController();
let last = '';

async function call() {
  const response = await host.fetch(new Request('http://node/subject/'));
  const body = await response.text();
  const [begun, ended] = body.split(' ');
  if (response.status !== 200) counts.failed += 1;
  else if (begun !== ended) counts.mixed += 1;
  else counts.ok += 1;
  if (response.status === 200 && begun !== last) process.send({ version: (last = begun), atMs: Date.now() });
}

async function load() {
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (!over.signal.aborted) await call();
    }),
  );
  process.send({ counts });
}

process.on('message', async (message) => {
  if (message === 'load') void load();
  if (message === 'stop') over.abort();
  if (message === 'end') {
    await host.close();
    process.exit(0);
  }
});
process.on('disconnect', () => process.exit(1));
process.send('up');
