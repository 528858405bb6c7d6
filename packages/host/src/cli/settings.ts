import { check, choices, unwrap } from '@sandglass/core';
import type * as z from 'zod/mini';

import type { ArgDefinition, ArgsDefinition } from './arg-definition.js';
import { KNOWN_VARIABLES } from './config/environment.js';
import { CONFIG_OPTIONS, type ConfigOption, type OptionKind } from './config/options.js';
import { configSchema } from './config/schema.js';
import { formatAmount } from './config/units.js';

/**
 * Heading of the help for each group of a configuration. A setting in no group is about extensions.
 */
const HEADINGS: Readonly<Record<string, string>> = {
  limits: 'Limits of one call',
  pool: 'Worker threads',
  request: 'Requests of extensions',
  fleet: 'Fleet',
  service: 'Service',
};

const HINTS: Readonly<Record<OptionKind, string>> = {
  text: 'text',
  number: 'number',
  boolean: '',
  list: 'a,b',
  size: 'size',
  time: 'time',
};

// looked through by name
const defaults = check(configSchema, {}).data as unknown as Record<string, unknown>;

/** Every setting as a flag, by the flag's name. */
export const SETTINGS: ArgsDefinition = Object.fromEntries(
  CONFIG_OPTIONS.map((option) => [option.flag, toFlag(option)]),
);

/** Where a configuration comes from. */
export const CONFIG_SOURCES: ArgsDefinition = {
  config: {
    type: 'string',
    group: 'Configuration',
    hint: 'file',
    variables: ['SANDGLASS_CONFIG'],
    description: 'Configuration file',
    byDefault: 'sandglass.config.json or .mjs of this folder',
  },
};

/** Flags of the commands that serve: every setting. */
export const CONFIG_ARGS: ArgsDefinition = {
  ...SETTINGS,
  ...CONFIG_SOURCES,
  'print-config': {
    type: 'boolean',
    group: 'Configuration',
    description: 'Print the configuration that flags, environment and file make, and end',
  },
};

/** Flags of the commands that look after a fleet. */
export const FLEET_ARGS: ArgsDefinition = { ...pick(({ path }) => path.startsWith('fleet.')), ...CONFIG_SOURCES };

/** Flags of `sandglass runner`. */
export const RUNNER_ARGS: ArgsDefinition = {
  ...pick(({ path }) => /^(?:fleet\..+|pool\.(?!max.*QueueLength).+|service\.(?:log.+|graceMs))$/.test(path)),
  ...CONFIG_SOURCES,
};

/** Flags of the commands that load one extension. */
export const ONE_EXTENSION_ARGS: ArgsDefinition = {
  ...pick(({ path }) => !/^(?:extensions|include|exclude|packageJson|pool\..+|fleet\..+|service\..+)$/.test(path)),
  ...CONFIG_SOURCES,
};

/** Flags of the commands that load a folder, and serve nothing. */
export const FOLDER_ARGS: ArgsDefinition = {
  ...pick(({ path }) => !/^(?:extensions|maxBodyBytes|responseHeaders|request\..+|fleet\..+|service\..+)$/.test(path)),
  ...CONFIG_SOURCES,
};

function pick(isWanted: (option: ConfigOption) => boolean): ArgsDefinition {
  // each has one
  return Object.fromEntries(CONFIG_OPTIONS.filter(isWanted).map(({ flag }) => [flag, SETTINGS[flag]!]));
}

function toFlag({ path, kind, description, env, short }: ConfigOption): ArgDefinition {
  const [group, name] = path.split('.') as [string, string | undefined]; // split gives at least one
  const value = name === undefined ? defaults[group] : (defaults[group] as Record<string, unknown>)[name];
  const known = KNOWN_VARIABLES.filter((variable) => variable.path === path);
  const byDefault = path === 'pool.maxThreads' ? 'as many as the machine runs at once' : describeDefault(value, kind);
  return {
    type: kind === 'boolean' ? 'boolean' : 'string',
    description,
    group: name === undefined ? 'Extensions' : HEADINGS[group]!, // a setting's group has one
    hint: choices(fieldOf(path)).join('|') || HINTS[kind],
    variables: [env, ...known.map((variable) => variable.env)],
    short,
    byDefault,
  };
}

function describeDefault(value: unknown, kind: OptionKind): string | undefined {
  if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) return undefined;
  if (typeof value === 'number' && (kind === 'size' || kind === 'time')) return formatAmount(value, kind);
  if (Array.isArray(value)) return value.join(', ');
  return value === true ? 'on' : String(value);
}

/** The schema of a setting. */
function fieldOf(path: string): z.core.$ZodType {
  return path.split('.').reduce<z.core.$ZodType>((schema, key) => {
    const { def } = unwrap(schema)._zod;
    if (def.type !== 'object' || !def.shape[key]) throw new Error(`No setting "${path}"`);
    return def.shape[key];
  }, configSchema);
}
