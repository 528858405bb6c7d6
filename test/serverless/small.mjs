/**
 * The smallest useful function, for measurements: whatever lies beside it in `extensions`, on this
 * thread or on one worker.
 */
import { fileURLToPath } from 'node:url';

import { createHost } from '@sandglass/host';
import { lazyHost, toEventHandler, toLambdaHandler } from '@sandglass/host/lambda';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

export const getHost = lazyHost(() =>
  createHost({
    extensions: folder('./extensions'),
    ...(process.env.SANDGLASS_SNAPSHOTS === 'no' ? {} : { snapshots: folder('./snapshots') }),
    pool: process.env.SANDGLASS_POOL === 'inline' ? 'inline' : { minThreads: 1, maxThreads: 1 },
  }),
);

export const http = toLambdaHandler(getHost);
export const invoke = toEventHandler(getHost);
