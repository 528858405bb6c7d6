import { SandglassError } from '@sandglass/core';

import { CompileError } from './compile.js';

/** Source and built file of one part of an extension, as its manifest names them, without `./`. */
export interface Entrypoint {
  source: string | undefined;
  path: string | undefined;
}

/** The parts of an extension; only operations have one for the Data Studio. */
export function entrypoints(manifest: unknown): { api: Entrypoint; app: Entrypoint } {
  const extension = isObject(manifest) ? manifest['directus:extension'] : undefined;
  const { source, path } = isObject(extension) ? extension : {};
  return {
    api: { source: partOf(source, 'api'), path: partOf(path, 'api') },
    app: {
      source: isObject(source) ? partOf(source, 'app') : undefined,
      path: isObject(path) ? partOf(path, 'app') : undefined,
    },
  };
}

function partOf(path: unknown, part: 'api' | 'app'): string | undefined {
  const file = isObject(path) ? path[part] : path;
  return typeof file === 'string' ? file.replace(/^\.\//, '') : undefined;
}

/** The name of an extension, empty if it has none. */
export function nameOf(manifest: unknown): string {
  return isObject(manifest) && typeof manifest['name'] === 'string' ? manifest['name'] : '';
}

/**
 * Compiles something of an extension.
 *
 * @throws {SandglassError} `E_LOAD` in place of a {@link CompileError}, with its position in
 *   `cause.stack`.
 */
export async function withPosition<T>(name: string, file: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof CompileError)) throw cause;
    const { position = { file, line: 1, column: 1 } } = cause;
    const where = `${position.file}:${position.line}:${position.column}`;
    cause.stack = `    at ${name}/${where}`;
    throw new SandglassError('E_LOAD', `Cannot load "${name}": ${cause.message} (${where})`, {
      extension: name,
      cause,
    });
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
