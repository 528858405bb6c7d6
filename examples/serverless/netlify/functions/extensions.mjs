// Netlify: `config.path` mounts the function, nothing has to be rewritten.
import { fileURLToPath } from 'node:url';

import { createHost } from '@sandglass/host';
import { lazyHost, toWebHandler } from '@sandglass/host/web';

export const getHost = lazyHost(() =>
  createHost({
    extensions: fileURLToPath(new URL('./extensions', import.meta.url)),
    pool: { minThreads: 1, maxThreads: 2 },
  }),
);

export default toWebHandler(getHost, { basePath: '/api', wallTimeMs: 9_000 });

export const config = { path: '/api/*' };
