// Google Cloud Functions: endpoints as an HTTP function, operations by CloudEvents.
import { fileURLToPath } from 'node:url';

import { cloudEvent, http } from '@google-cloud/functions-framework';
import { createHost } from '@sandglass/host';
import { lazyHost, toEventHandler, toGoogleHandler } from '@sandglass/host/google';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

export const getHost = lazyHost(() =>
  createHost({
    extensions: folder('./extensions'),
    snapshots: folder('./snapshots'), // the bundle has them; whatever is not in them is evaluated
    pool: { minThreads: 1, maxThreads: 2 },
  }),
);

// The platform does not tell the time that is left: stay below the function's own timeout.
http('extensions', toGoogleHandler(getHost, { wallTimeMs: 55_000 }));

cloudEvent(
  'shout',
  toEventHandler(getHost, { toInvocation: ({ data }) => ({ operation: 'shout', options: data }), wallTimeMs: 55_000 }),
);
