/**
 * Builds the artefacts that the tests run, each in a folder of its own with nothing of the
 * workspace around it.
 */
import { cp, lstat, mkdir, mkdtemp, readdir, readlink, rm, stat, symlink } from 'node:fs/promises';
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

/**
 * Sets an example up as a project of its own, with the extensions and our packages. @returns its
 * folder, empty before
 */
export async function copyProject(example, folder) {
  await rm(folder, { recursive: true, force: true });
  await cp(join(EXAMPLES, example), folder, { recursive: true });
  await cp(EXTENSIONS, join(folder, 'extensions'), { recursive: true });
  const scope = join(folder, 'node_modules/@sandglass');
  await mkdir(scope, { recursive: true });
  for (const name of ['core', 'worker', 'host']) await symlink(join(ROOT, 'packages', name), join(scope, name));
  return folder;
}

/**
 * Bundles a function that needs nothing of ours into one file, beside which its extensions lie.
 * @returns the file
 */
export async function bundlePlain(entry, out, extensions) {
  const { build } = createRequire(import.meta.url)('esbuild');
  const file = join(out, 'plain.mjs');
  await cp(extensions, join(out, 'extensions'), { recursive: true });
  const external = ['./extensions/*'];
  const nodePaths = [join(ROOT, 'packages/host/node_modules')];
  await build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    external,
    nodePaths,
  });
  return file;
}

/**
 * Traces an example's entry with `@vercel/nft` and copies what it found. @returns the folder that
 * stands for the workspace's root
 */
export async function traceExample(entry, out) {
  const { nodeFileTrace } = createRequire(import.meta.url)('@vercel/nft');
  const { fileList } = await nodeFileTrace([join(EXAMPLES, entry)], { base: ROOT });
  const folder = out ?? (await mkdtemp(join(tmpdir(), 'sandglass-trace-')));
  for (const file of fileList) await copy(join(ROOT, file), join(folder, file));
  await cp(EXTENSIONS, join(folder, dirname(join('examples/serverless', entry)), 'extensions'), { recursive: true });
  return folder;
}

/** Size of the files of a folder, in bytes. @param isCounted which of them; all by default */
export async function sizeOf(folder, isCounted = () => true) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && isCounted(entry));
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function copy(from, to) {
  await mkdir(dirname(to), { recursive: true });
  if ((await lstat(from)).isSymbolicLink()) await symlink(await readlink(from), to);
  else await cp(from, to);
}
