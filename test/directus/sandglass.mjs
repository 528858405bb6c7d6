/** The same as `directus.mjs`, on Sandglass. */
import { createHost } from '@sandglass/host';
import { createService, startServer } from '@sandglass/host/service';

export async function startSandglass({ extensions }) {
  const lines = [];
  const host = await createHost({
    extensions,
    request: { allowAddresses: ['127.0.0.0/8'] },
    onError: (error, { extension }) => lines.push(`${extension}: ${error.message}`),
  });
  const service = createService(host);
  const server = await startServer(service, host, {
    port: 0,
    hostname: '127.0.0.1',
    maxConnections: 1_000,
    maxHeaderBytes: 16_384,
    headersTimeoutMs: 10_000,
    receiveTimeoutMs: 60_000,
    keepAliveTimeoutMs: 5_000,
  });
  return {
    name: 'sandglass',
    log: () => lines.join('\n'),
    operation: (id, options) =>
      host.operation(id, options).then(
        (result) => ({ result: result ?? null }),
        ({ cause, message }) => ({
          error: cause instanceof Error || cause === undefined ? { message } : (cause ?? null),
        }),
      ),
    endpoint: (path, init) => fetch(new URL(path, server.url), init),
    filter: (payload) =>
      host.filter('things.items.create', payload).then(
        (result) => ({ result: result && toRow(result) }),
        ({ message }) => ({ error: message }),
      ),
    async close() {
      await server.close(1_000);
      await host.close();
    },
  };
}

/** What the table that Directus writes to has of an item: two columns of text. */
function toRow(item) {
  const columns = ['kind', 'title'].map((field) => [field, item[field] ?? null]);
  return Object.fromEntries(columns.map(([field, value]) => [field, value === null ? null : String(value)]));
}
