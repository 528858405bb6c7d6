// AWS Lambda: endpoints behind a function URL or API Gateway, operations and hooks by direct
// invocation, messages of SQS.
import { fileURLToPath } from 'node:url';

import { createHost } from '@sandglass/host';
import { lazyHost, toEventHandler, toLambdaHandler, toSqsHandler } from '@sandglass/host/lambda';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

// One host for each container, made with the first event. SANDGLASS_POOL=inline needs the least
// memory, and has no watchdog.
export const getHost = lazyHost(() =>
  createHost({
    extensions: folder('./extensions'),
    snapshots: folder('./snapshots'), // the bundle has them; whatever is not in them is evaluated
    pool: process.env.SANDGLASS_POOL === 'inline' ? 'inline' : { minThreads: 1, maxThreads: 2 },
  }),
);

/** HTTP. The extension `hello-endpoint` answers at `/hello-endpoint`. */
export const http = toLambdaHandler(getHost);

/** Direct invocation: `{ "operation": "shout", "options": { "text": "hi" } }`. */
export const invoke = toEventHandler(getHost);

/** SQS: the body of each message goes through `shout`; only those that fail come again. */
export const queue = toSqsHandler(getHost, {
  toInvocation: ({ body }) => ({ operation: 'shout', options: JSON.parse(body) }),
});
