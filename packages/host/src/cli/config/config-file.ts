import { readdir, readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { findJsonError, jsonReason } from '../../extensions/json-error.js';
import { UsageError } from '../usage-error.js';

const NAMES = ['sandglass.config.json', 'sandglass.config.mjs'];
/** Names of files that look like a configuration, and are not read. */
const LOOKALIKE = /^sandglass\.config\.|^\.sandglass(?:rc)?(?:\.|$)/;

/** A configuration file, unchecked. */
export interface ConfigFile {
  path: string;
  content: Record<string, unknown>;
}

/**
 * Reads the configuration file: the one named, else `sandglass.config.json` or `.mjs` of the
 * folder, else none.
 *
 * @throws {UsageError} the file named does not exist, or one cannot be read.
 */
export async function readConfigFile(cwd: string, named?: string): Promise<ConfigFile | undefined> {
  for (const name of named === undefined ? NAMES : [named]) {
    const path = resolve(cwd, name);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && named === undefined) return undefined;
      throw new UsageError(`Cannot read the configuration file "${name}": ${error.message}`);
    });
    if (text !== undefined) return { path, content: await parse(path, text) };
  }
  await assertNoLookalike(cwd);
  return undefined;
}

/**
 * A file that looks like the configuration and is not read would be a policy that is not in force.
 */
async function assertNoLookalike(cwd: string): Promise<void> {
  const names = await readdir(cwd, { withFileTypes: true }).catch(() => []);
  const odd = names.find((entry) => entry.isFile() && LOOKALIKE.test(entry.name));
  if (odd) throw new UsageError(`"${odd.name}" is not read: call it ${NAMES.join(' or ')}, or name it with --config`);
}

async function parse(path: string, text: string): Promise<Record<string, unknown>> {
  const name = basename(path);
  if (!/\.(?:json|[cm]?js)$/.test(name))
    throw new UsageError(`Cannot read "${name}": its name has to end in .json or .mjs`);
  try {
    const content: unknown = name.endsWith('.json') ? JSON.parse(text) : await importDefault(path);
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
      // any object may be read so
      const { $schema: _forEditors, ...settings } = content as Record<string, unknown>;
      return settings;
    }
  } catch (error) {
    throw new UsageError(`Cannot read "${name}": ${describe(error, name, text)}`);
  }
  throw new UsageError(`Cannot read "${name}": it has to hold an object`);
}

/** With the place of a mistake in JSON; of one in a module Node does not tell it. */
function describe(error: unknown, name: string, text: string): string {
  if (!(error instanceof Error)) return String(error);
  if (!name.endsWith('.json')) return error.message;
  const { line, column } = findJsonError(text);
  return `${jsonReason(error)} (${name}:${line}:${column})`;
}

async function importDefault(path: string): Promise<unknown> {
  const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  return module.default;
}
