import { stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';

import { isSandglassError, parseManifest, SandglassError } from '@sandglass/core';

import { MAX_SOURCE_LENGTH } from '../extensions/prepare-source.js';
import { readPackageJson } from '../extensions/read-folder.js';
import { readInside } from '../extensions/read-inside.js';
import { findSourceMapUrl } from '../extensions/source-map-url.js';
import type { ExtensionSource } from '../types.js';
import { compile } from './compile.js';
import { entrypoints, isObject, nameOf, withPosition } from './entrypoints.js';

/** An extension as its author works on it. */
export interface AuthoredExtension extends ExtensionSource {
  /** The file that its code comes from, relative to the folder. */
  file: string;
  /**
   * The built file, if it is older than what the code comes from: a host would load something else.
   */
  staleBuild?: string;
}

const JAVASCRIPT: ReadonlySet<string> = new Set(['.js', '.mjs']);
const SCRIPTS: ReadonlySet<string> = new Set([...JAVASCRIPT, '.ts', '.mts']);

/**
 * Reads an extension from its author's folder: from `source`, compiled as a build does, or from
 * `path`, the built file, where there is no source.
 *
 * @throws {SandglassError} `E_MANIFEST`, `E_NOT_FOUND` or `E_LOAD`; what cannot be compiled has its
 *   position in `cause.stack`.
 */
export async function readAuthored(folder: string): Promise<AuthoredExtension> {
  const manifest = await readPackageJson(folder);
  parseManifest(manifest, {}); // what is wrong with it says more than a file that is not there
  const { source, path } = entrypoints(manifest).api;
  // written by hand, and never built
  const isOneFile = source === path && JAVASCRIPT.has(extname(path ?? ''));
  const text = source === undefined || isOneFile ? undefined : await readIfThere(folder, source);
  if (source === undefined || text === undefined) return readBuilt(folder, path, manifest);
  const { code, sourceMap, inputs } = await withPosition(nameOf(manifest), source, () =>
    compile(resolve(folder), source, text),
  );
  return {
    manifest: withPath(manifest, source),
    source: code,
    ...(sourceMap === undefined ? {} : { sourceMap }),
    file: source,
    ...(path !== undefined && (await isOlder(folder, path, inputs)) ? { staleBuild: path } : {}),
  };
}

/** The source, if there is one that can be compiled. */
async function readIfThere(folder: string, file: string): Promise<string | undefined> {
  if (!SCRIPTS.has(extname(file))) return undefined;
  return read(folder, file).catch((error: unknown) => {
    if (isSandglassError(error) && error.code === 'E_NOT_FOUND') return undefined;
    throw error;
  });
}

async function readBuilt(folder: string, path: string | undefined, manifest: unknown): Promise<AuthoredExtension> {
  if (path === undefined) throw new SandglassError('E_MANIFEST', 'directus:extension.path: the entrypoint is missing');
  const source = await read(folder, path);
  const map = await readMap(folder, path, source);
  return { manifest: withPath(manifest, path), source, file: path, ...(map === undefined ? {} : { sourceMap: map }) };
}

async function readMap(folder: string, path: string, source: string): Promise<string | undefined> {
  const url = findSourceMapUrl(source);
  if (url === null || url.includes(':')) return undefined; // one that is inline is found by itself
  return read(folder, join(path, '..', url)).catch(() => undefined); // a host says so in its notes
}

/** Whether a build is there, and one of the files that it is made of is newer. */
async function isOlder(folder: string, path: string, inputs: readonly string[]): Promise<boolean> {
  const timeOf = (file: string): Promise<number> =>
    stat(join(folder, file)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
  const builtMs = await timeOf(path);
  if (builtMs === 0) return false;
  const times = await Promise.all(inputs.filter((file) => !file.includes('node_modules')).map(timeOf));
  return times.some((timeMs) => timeMs > builtMs);
}

function read(folder: string, file: string): Promise<string> {
  return readInside(folder, file, MAX_SOURCE_LENGTH);
}

/** The manifest with the file that is run as its entrypoint, so that stacks name it. */
function withPath(manifest: unknown, file: string): unknown {
  if (!isObject(manifest) || !isObject(manifest['directus:extension'])) return manifest;
  const extension = manifest['directus:extension'];
  const path = isObject(extension['path']) ? { ...extension['path'], api: file } : file;
  return { ...manifest, 'directus:extension': { ...extension, path } };
}
