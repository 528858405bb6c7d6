import { basename } from 'node:path';

import { check, explain, formatProblem } from '@sandglass/core';
import type * as z from 'zod/mini';

import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { readConfigFile } from './config-file.js';
import { assertKnownVariables, readEnvironment, readFlags, type Setting } from './environment.js';
import { CONFIG_OPTIONS, type OptionKind } from './options.js';
import { type Config, configSchema, resolvePaths } from './schema.js';

type Tree = Record<string, unknown>;

/**
 * Merges the configuration: flags win over the environment, that over the file, and that over
 * defaults.
 *
 * @param flags values by flag; those that are no setting are ignored.
 * @throws {UsageError} naming the flag, variable or key of the file that cannot be used, and why.
 */
export async function readConfig(
  io: Pick<Io, 'env' | 'cwd'>,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<Config> {
  assertKnownVariables(io.env);
  const named = flags['config'] ?? io.env['SANDGLASS_CONFIG'];
  const file = await readConfigFile(io.cwd, typeof named === 'string' && named !== '' ? named : undefined);
  const tree: Tree = file ? copyGroups(file.content) : {};
  const origins = new Map<string, string>();
  for (const setting of [...readEnvironment(io.env), ...readFlags(flags)]) {
    setPath(tree, setting);
    origins.set(setting.path, setting.origin);
  }
  const parsed = check(configSchema, tree);
  if (!parsed.success)
    throw invalid(tree, parsed.error, { origins, file: file ? basename(file.path) : 'configuration' });
  return resolvePaths(parsed.data, io.cwd);
}

/** The configuration as JSON, tokens hidden. */
export function printConfig(config: Config): string {
  const { capabilities, grant, ...data } = config;
  const code = {
    ...(capabilities && { capabilities: capabilities.map(({ name }) => name) }),
    ...(grant && { grant: '(function)' }),
  };
  const fleet = hide(data.fleet, ['password', 'token']);
  const service = hide(data.service, ['token', 'metricsToken']);
  return JSON.stringify({ ...data, fleet, service, ...code }, null, 2);
}

function hide<Group extends object>(group: Group, secrets: readonly (keyof Group)[]): object {
  const given = secrets.filter((key) => group[key] !== undefined);
  return { ...group, ...Object.fromEntries(given.map((key) => [key, '(hidden)'])) };
}

/** Copies the file's groups: its module may export the same object again. */
function copyGroups(content: Tree): Tree {
  const isGroup = (value: unknown): value is Tree =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.fromEntries(
    Object.entries(content).map(([key, value]) => [key, isGroup(value) ? { ...value } : value]),
  );
}

function setPath(tree: Tree, { path, value }: Setting): void {
  const [group, name] = path.split('.') as [string, string | undefined]; // split gives at least one
  if (name === undefined) tree[group] = value;
  // a group that is no object is refused later
  else tree[group] = { ...(tree[group] as Tree | undefined), [name]: value };
}

function invalid(
  tree: Tree,
  error: z.core.$ZodError,
  { origins, file }: { origins: ReadonlyMap<string, string>; file: string },
): UsageError {
  const lines = explain(error, configSchema, tree).map((problem) => {
    const { path, text } = problem;
    const origin = origins.get(path.slice(0, 2).join('.')) ?? origins.get(String(path[0]));
    return origin === undefined ? `${file}: ${formatProblem(problem, 'it')}` : `${origin}${text}${example(path)}`;
  });
  return new UsageError(`Invalid configuration\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

const EXAMPLES: Readonly<Partial<Record<OptionKind, string>>> = {
  size: ', for example 32MB',
  time: ', for example 500ms or 5s',
};

/** An example of how to write an amount. */
function example(path: readonly PropertyKey[]): string {
  const option = CONFIG_OPTIONS.find((one) => one.path === path.join('.'));
  return (option && EXAMPLES[option.kind]) ?? '';
}
