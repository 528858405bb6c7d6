/** Brings the sources of extensions into the cache and builds them with the official SDK. */
import { access, cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { install, run } from '../runtimes/install.mjs';
import { BUILT, SOURCES, TOOLS } from './cases/built.mjs';

/**
 * Builds each of {@link BUILT}, unless it is in the cache, and copies it, as it would be published,
 * into a folder in Directus' layout.
 *
 * @param url of the repository with the sources; git has to reach it.
 */
export async function buildExtensions(extensions, url = SOURCES.url) {
  const tools = await install('directus-labs', TOOLS, { timeoutMs: 600_000 });
  const built = join(tools, SOURCES.commit);
  const missing = await Promise.all(BUILT.map(({ folder }) => access(join(built, folder, 'package.json')))).then(
    () => false,
    () => true,
  );
  if (missing) await buildInto(built, { tools, url });
  await cp(built, extensions, { recursive: true });
}

async function buildInto(built, { tools, url }) {
  // The SDK compiles no TypeScript below a `node_modules`, where the tools are.
  const sources = await mkdtemp(join(tmpdir(), 'sandglass-sources-'));
  try {
    await symlink(join(tools, 'node_modules'), join(sources, 'node_modules'));
    await checkOut(sources, url);
    const cli = join(tools, 'node_modules/@directus/extensions-sdk/cli.js');
    for (const { folder } of BUILT) {
      const from = join(sources, 'packages', folder);
      await run(process.execPath, [cli, 'build'], { cwd: from });
      const to = join(built, folder);
      await cp(join(from, 'dist'), join(to, 'dist'), { recursive: true });
      await cp(join(from, 'package.json'), join(to, 'package.json'));
    }
  } finally {
    await rm(sources, { recursive: true, force: true });
  }
}

async function checkOut(sources, url) {
  const git = (...args) => run('git', args, { cwd: sources });
  await git('init', '--quiet');
  await git('fetch', '--quiet', '--depth', '1', url, SOURCES.commit);
  await git('checkout', '--quiet', 'FETCH_HEAD', '--', ...BUILT.map(({ folder }) => `packages/${folder}`));
}
