// Vercel: vercel.json sends every path below /api here.
import { fileURLToPath } from 'node:url';

import { createHost } from '@sandglass/host';
import { lazyHost, toWebHandler } from '@sandglass/host/web';

export const getHost = lazyHost(() =>
  createHost({
    extensions: fileURLToPath(new URL('./extensions', import.meta.url)),
    pool: { minThreads: 1, maxThreads: 2 },
  }),
);

export default { fetch: toWebHandler(getHost, { basePath: '/api', wallTimeMs: 9_000 }) };
