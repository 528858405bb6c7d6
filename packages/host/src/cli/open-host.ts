import { resolve } from 'node:path';

import { readPackageJson } from '../extensions/read-folder.js';
import { createHost, type Host } from '../host.js';
import type { HostOptions } from '../types.js';
import { toHostOptions } from './config/host-options.js';
import type { Config } from './config/schema.js';

/** Whether a folder is an extension itself, rather than a folder of extensions. */
export async function isExtension(folder: string): Promise<boolean> {
  const packageJson = await readPackageJson(resolve(folder)).catch(() => null);
  return typeof packageJson === 'object' && packageJson !== null && 'directus:extension' in packageJson;
}

/**
 * Makes a host as it is configured, with the extensions of its folder, or the one that the folder is.
 *
 * @param sinks what happens to logs, audit entries and errors.
 */
export async function openHost(config: Config, sinks: HostOptions): Promise<Host> {
  const options = { ...toHostOptions(config), ...sinks };
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
