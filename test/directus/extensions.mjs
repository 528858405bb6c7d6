/** Writes extensions into a folder in Directus' layout, which both sides read. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { ENDPOINT_EXTENSIONS } from './cases/endpoints.mjs';
import { HOOK_EXTENSION } from './cases/hooks.mjs';
import { PROBE } from './cases/probe.mjs';

export const EXTENSIONS = [PROBE, ...ENDPOINT_EXTENSIONS, HOOK_EXTENSION];

/** @param packages names of packages that `resolveFrom` can resolve: copied as they are */
export async function writeExtensions(folder, packages, resolveFrom) {
  for (const extension of EXTENSIONS) await writeExtension(join(folder, extension.name), extension);
  const require = createRequire(resolveFrom);
  for (const name of packages) {
    const to = join(folder, name.replace('/', '__'));
    await cp(dirname(require.resolve(`${name}/package.json`)), to, { recursive: true, dereference: true });
  }
}

export async function writeExtension(folder, { name, type, scopes, source }) {
  const file = 'dist/index.js';
  const path = type === 'operation' ? { app: 'dist/app.js', api: file } : file;
  const sandbox = { enabled: true, requestedScopes: scopes };
  await mkdir(join(folder, 'dist'), { recursive: true });
  await writeFile(join(folder, file), source);
  if (type === 'operation')
    await writeFile(
      join(folder, 'dist/app.js'),
      `export default { id: '${name}', name: '${name}', icon: 'box', overview: () => [], options: [] };`,
    );
  const manifest = {
    name,
    version: '1.0.0',
    type: 'module',
    'directus:extension': { type, path, source: path, host: '*', sandbox },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
}
