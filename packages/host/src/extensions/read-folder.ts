import { posix } from 'node:path';

import { isSandglassError, type Manifest, parseManifest, SandglassError, type ScopeSchemas } from '@sandglass/core';

import { findJsonError, jsonReason } from './json-error.js';
import { parseJson } from './parse-json.js';
import { MAX_SOURCE_LENGTH } from './prepare-source.js';
import { readInside } from './read-inside.js';
import { findSourceMapUrl } from './source-map-url.js';

/** No package.json has as many; a larger one is a mistake. */
const MAX_MANIFEST_BYTES = 256 * 1024;
const MAX_MANIFEST_VALUES = 20_000;
/** A source map holds the sources as well. */
const MAX_SOURCE_MAP_BYTES: number = 1.5 * MAX_SOURCE_LENGTH;

/** What a folder holds of one extension. */
export interface ExtensionFiles {
  manifest: Manifest;
  source: string;
  /** Text of the source map beside the entrypoint. */
  sourceMap?: string;
  /** Notes on what was ignored: a source map that is missing. */
  notes: string[];
}

/**
 * Reads one extension: `package.json`, the entrypoint it names and the source map beside that.
 *
 * @throws {SandglassError} `E_MANIFEST`, `E_NOT_FOUND` or `E_LOAD`; the message names the folder,
 *   the field or file, and the reason.
 */
export async function readFolder(folder: string, scopeSchemas: ScopeSchemas): Promise<ExtensionFiles> {
  try {
    const manifest = parseManifest(await readPackageJson(folder), scopeSchemas);
    const source = await readEntrypoint(folder, manifest);
    return { manifest, source, ...(await readSourceMap(folder, manifest.path, source)) };
  } catch (error) {
    if (!isSandglassError(error)) throw error;
    throw new SandglassError(error.code, `Cannot read the extension in "${folder}": ${error.message}`, {
      cause: error,
      extension: error.extension,
    });
  }
}

/**
 * Reads the `package.json` of a folder, unchecked.
 *
 * @throws {SandglassError} `E_NOT_FOUND` or `E_MANIFEST`.
 */
export async function readPackageJson(folder: string): Promise<unknown> {
  const text = await readInside(folder, 'package.json', MAX_MANIFEST_BYTES);
  try {
    return parseJson(text, { maxLength: MAX_MANIFEST_BYTES, maxValues: MAX_MANIFEST_VALUES });
  } catch (thrown) {
    const { line, column } = findJsonError(text);
    const cause = thrown as Error;
    if (cause instanceof SyntaxError) cause.stack = `    at package.json:${line}:${column}`;
    const position = cause instanceof SyntaxError ? ` (package.json:${line}:${column})` : '';
    throw new SandglassError('E_MANIFEST', `package.json is not JSON: ${jsonReason(cause)}${position}`, { cause });
  }
}

async function readEntrypoint(folder: string, { name, path }: Manifest): Promise<string> {
  try {
    return await readInside(folder, path, MAX_SOURCE_LENGTH);
  } catch (error) {
    if (!isSandglassError(error)) throw error;
    throw new SandglassError(error.code, `directus:extension.path: ${error.message}`, {
      cause: error,
      extension: name,
    });
  }
}

async function readSourceMap(
  folder: string,
  entrypoint: string,
  source: string,
): Promise<{ sourceMap?: string; notes: string[] }> {
  const url = findSourceMapUrl(source);
  // a data: URL is read later, a remote one never
  if (url === null || /^[a-z][a-z+.-]*:/i.test(url)) return { notes: [] };
  try {
    const path = posix.join(posix.dirname(entrypoint), decodeURIComponent(url));
    return { sourceMap: await readInside(folder, path, MAX_SOURCE_MAP_BYTES), notes: [] };
  } catch (error) {
    return { notes: [`The source map is ignored: ${error instanceof Error ? error.message : 'it cannot be read'}`] };
  }
}
