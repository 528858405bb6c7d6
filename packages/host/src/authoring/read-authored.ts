import { extname } from 'node:path';

import { isSandglassError, SandglassError } from '@sandglass/core';
import { transform } from 'sucrase';

import { readInside } from '../extensions/read-inside.js';
import { readPackageJson } from '../extensions/read-folder.js';
import { MAX_SOURCE_LENGTH } from '../extensions/prepare-source.js';
import { parseModule } from '../extensions/syntax.js';
import type { ExtensionSource } from '../types.js';

/** An extension as its author works on it. */
export interface AuthoredExtension extends ExtensionSource {
  /** The file that its code comes from, relative to the folder. */
  file: string;
}

const TYPESCRIPT: ReadonlySet<string> = new Set(['.ts', '.mts']);
const SCRIPTS: ReadonlySet<string> = new Set(['.js', '.mjs', ...TYPESCRIPT]);

/**
 * Reads an extension from its author's folder: from `source` where that is one file that runs without a build, else from
 * `path`, the built file. TypeScript loses its types on the way.
 *
 * @throws {SandglassError} `E_MANIFEST`, `E_NOT_FOUND` or `E_LOAD`; a syntax error in TypeScript has its place in `cause.stack`.
 */
export async function readAuthored(folder: string): Promise<AuthoredExtension> {
  const manifest = await readPackageJson(folder);
  const { source, path } = entrypoints(manifest);
  const authored = source === undefined ? undefined : await readScript(folder, source, manifest);
  if (authored) return authored;
  if (path === undefined) throw new SandglassError('E_MANIFEST', 'directus:extension.path: the entrypoint is missing');
  const built = await read(folder, path);
  return toExtension(manifest, path, built);
}

/** The source file, if it stands alone. Whatever is the matter with it, the built file may be fine. */
async function readScript(folder: string, file: string, manifest: unknown): Promise<AuthoredExtension | undefined> {
  if (!SCRIPTS.has(extname(file))) return undefined;
  const text = await read(folder, file).catch((error: unknown) => {
    if (isSandglassError(error) && error.code === 'E_NOT_FOUND') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const extension = toExtension(manifest, file, text);
  return standsAlone(extension.source) ? extension : undefined;
}

/** Whether nothing has to be bundled; a file that cannot be parsed is the author's to repair, not to be replaced by an old build. */
function standsAlone(source: string): boolean {
  const program = parseModule(source);
  return !program?.body.some(
    (node) => 'source' in node && typeof node.source?.value === 'string' && /^[./]/.test(node.source.value),
  );
}

function toExtension(manifest: unknown, file: string, text: string): AuthoredExtension {
  const renamed = withPath(manifest, file);
  if (!TYPESCRIPT.has(extname(file))) return { manifest: renamed, source: text, file };
  const { code, sourceMap } = stripTypes(text, file, nameOf(manifest));
  return { manifest: renamed, source: code, sourceMap, file };
}

function stripTypes(text: string, file: string, name: string): { code: string; sourceMap: object } {
  const base = file.split('/').at(-1)!;
  try {
    const { code, sourceMap } = transform(text, {
      transforms: ['typescript'],
      disableESTransforms: true,
      filePath: base,
      sourceMapOptions: { compiledFilename: base },
    });
    return { code, sourceMap: sourceMap! }; // it was asked for
  } catch (error) {
    const { message, loc } = error as Error & { loc?: { line: number; column: number } }; // sucrase throws Errors
    const cause = new SyntaxError(message.replace(/^Error transforming [^:]*: /, ''), { cause: error });
    cause.stack = `    at ${name}/${file}:${loc?.line ?? 1}:${loc?.column ?? 1}`;
    throw new SandglassError('E_LOAD', `Cannot load "${name}": ${cause.message}`, { extension: name, cause });
  }
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

function entrypoints(manifest: unknown): { source: string | undefined; path: string | undefined } {
  const extension = isObject(manifest) ? manifest['directus:extension'] : undefined;
  if (!isObject(extension)) return { source: undefined, path: undefined };
  return { source: apiPart(extension['source']), path: apiPart(extension['path']) };
}

function apiPart(path: unknown): string | undefined {
  const part = isObject(path) ? path['api'] : path;
  return typeof part === 'string' ? part.replace(/^\.\//, '') : undefined;
}

function nameOf(manifest: unknown): string {
  return isObject(manifest) && typeof manifest['name'] === 'string' ? manifest['name'] : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
