// Azure Functions, version 4 of the programming model: endpoints below /api, operations from a
// storage queue.
import { fileURLToPath } from 'node:url';

import { app } from '@azure/functions';
import { createHost } from '@sandglass/host';
import { lazyHost, toAzureHandler, toEventHandler } from '@sandglass/host/azure';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

export const getHost = lazyHost(() =>
  createHost({
    extensions: folder('./extensions'),
    snapshots: folder('./snapshots'), // the bundle has them; whatever is not in them is evaluated
    pool: { minThreads: 1, maxThreads: 2 },
  }),
);

export const http = toAzureHandler(getHost, { wallTimeMs: 200_000 });

app.http('extensions', {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  authLevel: 'anonymous',
  route: '{*path}',
  handler: http,
});

// A message that fails comes again, as host.json says.
app.storageQueue('shout', {
  queueName: 'shout',
  connection: 'AzureWebJobsStorage',
  handler: toEventHandler(getHost, { toInvocation: (message) => ({ operation: 'shout', options: message }) }),
});
