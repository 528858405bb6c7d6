import type { ExtensionSource } from '../extensions/extension-source.js';
import { readFolder, readPackageJson } from '../extensions/read-folder.js';

/**
 * Reads an extension to send it elsewhere: as it lies in its folder. Its scopes are checked where
 * the capabilities are.
 *
 * @throws {SandglassError} `E_MANIFEST`, `E_NOT_FOUND` or `E_LOAD`.
 */
export async function readSource(folder: string): Promise<ExtensionSource> {
  const { source, sourceMap } = await readFolder(folder, {});
  const manifest = await readPackageJson(folder);
  return { manifest, source, ...(sourceMap === undefined ? {} : { sourceMap }) };
}
