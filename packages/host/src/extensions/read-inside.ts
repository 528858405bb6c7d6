import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';

import { SandglassError } from '@sandglass/core';

/**
 * Reads a text file that must lie inside a folder, symbolic links resolved on both sides.
 *
 * @param path relative to the folder.
 * @throws {SandglassError} `E_NOT_FOUND` if it is not there, `E_MANIFEST` if it lies outside,
 *   `E_LOAD` if it is no file or too large.
 */
export async function readInside(folder: string, path: string, maxBytes: number): Promise<string> {
  if (path.includes('\0')) throw new SandglassError('E_MANIFEST', `"${path.replaceAll('\0', '\\0')}" is no path`);
  const root = await realpath(folder).catch(notFound('the folder does not exist'));
  if (!isInside(root, resolve(root, path))) throw outside(path);
  const file = await realpath(resolve(root, path)).catch(notFound(`"${path}" does not exist`));
  if (!isInside(root, file)) throw outside(path);
  const { size, isFile } = await stat(file).then((stats) => ({ size: stats.size, isFile: stats.isFile() }));
  if (!isFile) throw new SandglassError('E_LOAD', `"${path}" is not a file`);
  if (size > maxBytes)
    throw new SandglassError('E_LOAD', `"${path}" is too large: ${size} bytes, at most ${maxBytes} are read`);
  return readFile(file, 'utf8').catch(notFound(`"${path}" does not exist`));
}

/** Whether a file lies below a folder; both absolute. */
export function isInside(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(path: string): SandglassError {
  return new SandglassError('E_MANIFEST', `"${path}" leads out of the extension's folder`);
}

function notFound(reason: string): (cause: unknown) => never {
  return (cause) => {
    const { code } = cause as NodeJS.ErrnoException; // of a call to the file system
    if (code !== 'EACCES' && code !== 'EPERM') throw new SandglassError('E_NOT_FOUND', reason, { cause });
    throw new SandglassError('E_LOAD', reason.replace('does not exist', 'may not be read by this user'), { cause });
  };
}
