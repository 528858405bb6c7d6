/** The runtimes of the matrix, and how each is brought and started. */
import { join } from 'node:path';

import { install } from './install.mjs';

const MAJOR = Number(process.versions.node.split('.')[0]);

/** Packages with their versions: what a row of the table says is what was run. */
const VERSIONS = { bun: '1', deno: '2', workerd: '1' };

/** Each gives the command that runs a script. */
export const HOST_RUNTIMES = {
  node20: () => node(20),
  node22: () => node(22),
  node24: () => node(24),
  node26: () => node(26),
  bun: async () => [await binary('bun')],
  deno: async () => [await binary('deno'), 'run', '--allow-all'],
};

async function node(major) {
  if (major === MAJOR) return [process.execPath];
  const folder = await install(`node${major}`, [`node@${major}`]);
  return [join(folder, 'node_modules/node/bin/node')];
}

/** Path of a runtime that is a package of the same name. */
export async function binary(name) {
  const folder = await install(name, [`${name}@${VERSIONS[name]}`]);
  return join(folder, 'node_modules/.bin', name);
}
