/** Directus in the cache. */
import { install } from '../runtimes/install.mjs';

/** The newest of 11 and of 12 when this was last looked at. */
export const PINNED = ['11.17.4', '12.4.1'];

/** The Data Studio's own pages are no part of this; any version of them does. */
const NO_APP = { '@directus/app': '18.0.0' };

/** Installs a version, unless it is there. isolated-vm compiles for about two minutes. */
export function installDirectus(version) {
  return install(`directus-${version}`, [`directus@${version}`, 'sqlite3'], {
    overrides: NO_APP,
    timeoutMs: 900_000,
  });
}
