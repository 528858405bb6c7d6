import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { SandglassError } from '@sandglass/core';

import { readPackageJson } from '../extensions/read-folder.js';
import { isInside } from '../extensions/read-inside.js';
import { build, loadEsbuild } from './compile.js';
import { entrypoints, nameOf, withPosition } from './entrypoints.js';

/** A file that was made. Paths are relative to the folder. */
export interface BuiltFile {
  file: string;
  outfile: string;
  bytes: number;
}

/**
 * Builds an extension: each `source` of its manifest, and all that it imports, into the `path`
 * beside it, with a source map.
 *
 * @throws {SandglassError} `E_MANIFEST` if the manifest names no source, `E_NOT_FOUND` if esbuild
 *   is not installed, `E_LOAD` for a source that cannot be compiled, with its position in
 *   `cause.stack`.
 */
export async function buildFolder(folder: string): Promise<BuiltFile[]> {
  const manifest = await readPackageJson(folder);
  const { api, app } = entrypoints(manifest);
  const tasks = [api, app].flatMap(({ source, path }, i) =>
    source === undefined || path === undefined || source === path
      ? []
      : [{ folder, file: source, outfile: path, write: true, isApp: i === 1 }],
  );
  if (tasks.length === 0)
    throw new SandglassError(
      'E_MANIFEST',
      'There is nothing to build: directus:extension.source names no other file than path',
    );
  const outside = tasks.find(({ outfile }) => !isInside(folder, join(folder, outfile)));
  if (outside) throw new SandglassError('E_MANIFEST', `"${outside.outfile}" leads out of the extension's folder`);
  const esbuild = await loadEsbuild(folder);
  if (!esbuild) throw new SandglassError('E_NOT_FOUND', 'esbuild is not installed: npm install --save-dev esbuild');
  for (const task of tasks) await withPosition(nameOf(manifest), task.file, () => build(esbuild, task));
  return Promise.all(
    tasks.map(async ({ file, outfile }) => ({ file, outfile, bytes: (await stat(join(folder, outfile))).size })),
  );
}
