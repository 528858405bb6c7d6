/** Builds the artefacts that the tests run, each in a folder of its own with nothing of the workspace around it. */
import { cp, lstat, mkdir, mkdtemp, readdir, readlink, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundle } from '../../examples/serverless/bundle.mjs';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const EXAMPLES = join(ROOT, 'examples/serverless');
const EXTENSIONS = join(ROOT, 'examples/extensions');

/** Bundles an example's entry. @returns the artefact's folder */
export async function bundleExample(entry, out, ...external) {
  const folder = out ?? (await mkdtemp(join(tmpdir(), 'sandglass-bundle-')));
  await bundle(join(EXAMPLES, entry), folder, { extensions: EXTENSIONS, external });
  return folder;
}

/** Traces an example's entry with `@vercel/nft` and copies what it found. @returns the folder that stands for the workspace's root */
export async function traceExample(entry) {
  const { nodeFileTrace } = createRequire(import.meta.url)('@vercel/nft');
  const { fileList } = await nodeFileTrace([join(EXAMPLES, entry)], { base: ROOT });
  const folder = await mkdtemp(join(tmpdir(), 'sandglass-trace-'));
  for (const file of fileList) await copy(join(ROOT, file), join(folder, file));
  await cp(EXTENSIONS, join(folder, dirname(join('examples/serverless', entry)), 'extensions'), { recursive: true });
  return folder;
}

/** Size of all files of a folder, in bytes. */
export async function sizeOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function copy(from, to) {
  await mkdir(dirname(to), { recursive: true });
  if ((await lstat(from)).isSymbolicLink()) await symlink(await readlink(from), to);
  else await cp(from, to);
}
