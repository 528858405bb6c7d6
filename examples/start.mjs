// `pnpm start`: serves examples/extensions, and one extension from npm, on the first free port from
// 3000 up.
import { fileURLToPath } from 'node:url';

import { createHost } from '@sandglass/host';

import { createService, createStatus, startServer } from '@sandglass/host/service';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const PUBLISHED = ['@ribertec/directus-extension-phone-parser'];

const port = Number(process.env.PORT ?? 3_000);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`PORT has to be a whole number from 0 to 65535, not ${JSON.stringify(process.env.PORT)}`);
  process.exit(2);
}

const status = createStatus();
const host = await createHost({
  ...status.sinks,
  extensions: path('extensions'),
  onLog: (entry) => {
    status.sinks.onLog(entry);
    console.log(`${entry.level} ${entry.extension}: ${JSON.stringify(entry.message)}`);
  },
  onError: (error, { extension = '-' }) => {
    status.sinks.onError(error, { extension });
    console.error(`error ${extension}: ${JSON.stringify(error.message)}`);
  },
});
for (const name of PUBLISHED) await host.load(path(`../node_modules/${name}`));

// The routes for operations and hooks want a token. This one is no secret: it is printed below.
const token = process.env.SANDGLASS_TOKEN ?? 'sandglass-example-token';
const service = createService(host, { token, status: status.attach(host) });
const server = await listen(port);

console.log(`
Sandglass serves ${host.extensions.map(({ name }) => name).join(', ')}. Try:

  curl ${server.url}hello-endpoint
  curl ${server.url}hello-endpoint/slow
  curl -H 'content-type: application/json' -d '{"a":1}' ${server.url}hello-endpoint/echo
  curl -H 'authorization: Bearer ${token}' -d '{"text":"hello"}' ${server.url}_sandglass/operations/shout
  curl -H 'authorization: Bearer ${token}' -d '{"title":" News "}' ${server.url}_sandglass/filters/items.create
  curl ${server.url}_sandglass/metrics
  open ${server.url}_sandglass/status (any user name, the password is ${token})

Ctrl+C ends it.
`);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    status.close();
    await server.close(5_000);
  });
}

/** Listens on the first port that is free. */
async function listen(port) {
  try {
    return await startServer(service, host, {
      port,
      hostname: '127.0.0.1',
      maxConnections: 1_000,
      maxHeaderBytes: 16_384,
      headersTimeoutMs: 10_000,
      receiveTimeoutMs: 60_000,
      keepAliveTimeoutMs: 5_000,
    });
  } catch (error) {
    if (error.code !== 'EADDRINUSE' || port >= 65_535) throw error;
    console.log(`Port ${port} is taken: trying ${port + 1}`);
    return listen(port + 1);
  }
}
