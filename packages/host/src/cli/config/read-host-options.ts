import type { HostOptions } from '../../types.js';
import { toHostOptions } from './host-options.js';
import { readConfig } from './read-config.js';

/**
 * Reads the options of a host as `sandglass serve` does: `sandglass.config.json` or `.mjs`, and
 * above it environment variables.
 *
 * @param from `cwd` is the folder that has the file, and that its paths are relative to.
 * @throws {Error} naming the variable or the key of the file that cannot be used, and why.
 */
export async function readHostOptions(from: {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}): Promise<HostOptions> {
  return toHostOptions(await readConfig(from));
}
