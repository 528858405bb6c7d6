/** Directus in the cache. */
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

import { install, run } from '../runtimes/install.mjs';

/** The newest of 11 and of 12 when this was last looked at. */
export const PINNED = ['11.17.4', '12.4.1'];

/** The Data Studio's own pages are no part of this; any version of them does. */
const NO_APP = { '@directus/app': '18.0.0' };

/** Node's version is part of what isolated-vm is compiled for. */
const NODE = `node${process.versions.node.split('.')[0]}`;

/** Installs a version, unless it is there. isolated-vm compiles for about two minutes. */
export function installDirectus(version) {
  const bin = dirname(process.execPath);
  const root = dirname(bin);
  const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) };
  // the headers that come with this Node, where they do
  if (existsSync(join(root, 'include/node/node.h'))) env.npm_config_nodedir = root;
  return install(`directus-${version}-${NODE}`, [`directus@${version}`, 'sqlite3'], {
    overrides: NO_APP,
    timeoutMs: 900_000,
    env,
  });
}

/** The newest versions that the registry has: of the oldest major that is supported, and of all. */
export async function newestVersions() {
  const [oldest] = PINNED.map((version) => version.split('.')[0]);
  return [...new Set([await newestOf(oldest), await newestOf('latest')])];
}

async function newestOf(range) {
  const found = JSON.parse(await run('npm', ['view', `directus@${range}`, 'version', '--json']));
  const rank = (version) => version.split('.').map(Number);
  const [newest] = [found].flat().toSorted((a, b) => compare(rank(b), rank(a)));
  return newest;
}

function compare(a, b) {
  const at = a.findIndex((part, i) => part !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}
