/** The same as `directus.mjs`, with the sandboxed extensions in a bundle that runs them here. */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from '../runtimes/install.mjs';
import { startDirectus } from './directus.mjs';

/** Name of this side. */
export const BUNDLED = 'bundled';

const PACKAGE = fileURLToPath(new URL('../../packages/directus', import.meta.url));

/** Starts a Directus with a bundle of the extensions. Takes what `startDirectus` takes. */
export async function startBundled({ extensions, ...options }) {
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-bundle-'));
  const bundle = join(folder, 'sandglass');
  await run(process.execPath, [join(PACKAGE, 'dist/main.js'), 'bundle', extensions, bundle]);
  await mkdir(join(bundle, 'node_modules'));
  // in the place of npm
  await symlink(PACKAGE, join(bundle, 'node_modules/directus-extension-sandglass'));
  const side = await startDirectus({ ...options, extensions: folder, name: BUNDLED });
  return {
    ...side,
    bundle,
    async close() {
      await side.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
