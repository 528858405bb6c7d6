import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import { isSandglassError, SandglassError } from '@sandglass/core';

import { readPackageJson } from '../extensions/read-folder.js';
import { scanFolder } from '../extensions/scan-folder.js';
import { createHost, type Host } from '../host.js';
import type { HostOptions } from '../types.js';
import { toHostOptions } from './config/host-options.js';
import type { Config } from './config/schema.js';
import { UsageError } from './usage-error.js';

/**
 * Whether a folder is an extension itself, rather than a folder of extensions; a half-saved
 * package.json may be one's.
 */
export async function isExtension(folder: string): Promise<boolean> {
  try {
    const packageJson = await readPackageJson(resolve(folder));
    return typeof packageJson === 'object' && packageJson !== null && 'directus:extension' in packageJson;
  } catch (error) {
    return isSandglassError(error) && error.code === 'E_MANIFEST';
  }
}

/**
 * Asserts that a folder is not one of extensions, where one extension is asked for.
 *
 * @param folder absolute path.
 * @throws {UsageError} naming the extensions in it.
 * @throws {SandglassError} if it is not there, or has no package.json that can be read.
 */
export async function assertNotFolderOfExtensions(folder: string): Promise<void> {
  if (await isExtension(folder)) return;
  const unreadable = await readPackageJson(folder).then(
    () => undefined,
    (error: unknown) => error,
  );
  const found = await scanFolder(folder, { packageJson: join(folder, 'package.json') }).catch(() => []);
  const checked = await Promise.all(found.map(isExtension));
  const names = found.filter((_, i) => checked[i]).map((path) => relative(folder, path));
  if (names.length > 0)
    throw new UsageError(`"${folder}" is a folder of extensions: name one of them, ${names.join(', ')}`, false);
  if (isSandglassError(unreadable) && unreadable.code !== 'E_MANIFEST')
    throw new SandglassError(unreadable.code, `Cannot read the extension in "${folder}": ${unreadable.message}`);
}

/**
 * Makes a host by a configuration, with the extensions of its folder, or with the folder as one
 * extension.
 *
 * @param sinks what happens to logs, audit entries and errors, and the fleet that it is a node of.
 */
export async function openHost(config: Config, sinks: HostOptions): Promise<Host> {
  const options = { ...toHostOptions(config), ...sinks };
  // a node of a fleet needs no folder
  if (sinks.fleet !== undefined && !existsSync(config.extensions)) return createHost(options);
  if (!(await isExtension(config.extensions))) return createHost({ ...options, extensions: config.extensions });
  const host = await createHost(options);
  try {
    await host.load(config.extensions);
    return host;
  } catch (error) {
    await host.close(0);
    throw error;
  }
}
