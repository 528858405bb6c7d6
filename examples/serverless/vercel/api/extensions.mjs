// Vercel: vercel.json sends every path below /api here.
import { fileURLToPath } from 'node:url';

import { createHost } from '@sandglass/host';
import { lazyHost, toWebHandler } from '@sandglass/host/web';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

export const getHost = lazyHost(() =>
  createHost({
    extensions: folder('../extensions'),
    // made by `npm run snapshot`; whatever is not in them is evaluated
    snapshots: folder('../snapshots'),
    pool: { minThreads: 1, maxThreads: 2 },
  }),
);

export default { fetch: toWebHandler(getHost, { basePath: '/api', wallTimeMs: 9_000 }) };
