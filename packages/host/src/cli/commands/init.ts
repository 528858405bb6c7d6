import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { SANDBOX_TYPES } from '@sandglass/core';

import { packageFile } from '../../package-file.js';
import { type Command, defineCommand } from '../command.js';
import { UsageError } from '../usage-error.js';

const TEMPLATES = fileURLToPath(packageFile('templates'));

/** Name in the templates, which stands for the name that the author chooses. */
const PLACEHOLDER = 'my-extension';

/** A name that npm takes, and that is safe in a URL and in a file's name. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/** `sandglass init <type> [folder]`: a new extension that builds, type-checks, tests and runs. */
export const initCommand: Command = defineCommand({
  name: 'init',
  description: 'Make a new extension: an endpoint, a hook or an operation',
  args: {
    type: { type: 'positional', required: true, description: SANDBOX_TYPES.join(', ') },
    folder: { type: 'positional', required: false, description: 'New folder (my-<type> by default)' },
  },
  async run({ positionals: [type, folder = `my-${type}`] }, io) {
    if (!(SANDBOX_TYPES as readonly (string | undefined)[]).includes(type)) {
      throw new UsageError(`<type> has to be one of ${SANDBOX_TYPES.join(', ')}, not "${type}"`);
    }
    const target = resolve(io.cwd, folder);
    const name = basename(target);
    if (!NAME.test(name))
      throw new UsageError(`"${name}" cannot be the name of an extension: use lower-case letters, digits and dashes`);
    const existing = await readdir(target).catch(() => []);
    if (existing.length > 0) throw new UsageError(`"${folder}" exists and is not empty`, false);
    await copyTemplate(join(TEMPLATES, type!), target, name);
    const where = relative(io.cwd, target);
    io.stdout.write(
      `Made ${name} in ${where || '.'}. Next:\n\n${where ? `  cd ${where}\n` : ''}  npm install\n  npm run dev\n\nThen change src/index.ts: it is loaded again whenever you save.\n`,
    );
    return 0;
  },
});

async function copyTemplate(template: string, target: string, name: string): Promise<void> {
  const entries = await readdir(template, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const from = join(entry.parentPath, entry.name);
    // npm leaves a file called .gitignore out of what it publishes
    const to = join(target, relative(template, entry.parentPath), entry.name.replace(/^_/, '.'));
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, (await readFile(from, 'utf8')).replaceAll(PLACEHOLDER, name), { flag: 'wx' });
  }
}
