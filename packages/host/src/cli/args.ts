import { parseArgs, type ParseArgsConfig } from 'node:util';

import type { ArgsDef } from 'citty';

import { CONFIG_OPTIONS } from './config/options.js';
import { UsageError } from './usage-error.js';

/** Flags of every command that runs a host. */
export const CONFIG_ARGS: ArgsDef = {
  config: {
    type: 'string',
    description: 'Configuration file (sandglass.config.json or .mjs of this folder by default)',
  },
  'print-config': {
    type: 'boolean',
    description: 'Print the configuration that flags, environment and file make, and end',
  },
  ...Object.fromEntries(
    CONFIG_OPTIONS.map(({ flag, kind, description }) => [
      flag,
      kind === 'boolean'
        ? { type: 'boolean' as const, description }
        : { type: 'string' as const, description, valueHint: kind },
    ]),
  ),
};

/** What a command line holds, read strictly. */
export interface Args {
  /** By flag. A flag that may be repeated is a list. */
  values: Readonly<Record<string, string | boolean | string[] | undefined>>;
  positionals: string[];
}

/** Flags that may be given more than once. */
const REPEATED: ReadonlySet<string> = new Set(['header']);

/**
 * Reads a command's arguments. Unlike citty's own reading it refuses what the command does not know.
 *
 * @throws {UsageError} an unknown flag, a flag without its value, a positional too many or too few.
 */
export function readArgs(rawArgs: readonly string[], definition: ArgsDef): Args {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  const names: { name: string; isRequired: boolean }[] = [];
  for (const [name, { type, ...rest }] of Object.entries(definition)) {
    if (type === 'positional') names.push({ name, isRequired: 'required' in rest && rest.required !== false });
    else options[name] = { type: type === 'boolean' ? 'boolean' : 'string', multiple: REPEATED.has(name) };
  }
  const { values, positionals } = parse(rawArgs, options);
  const missing = names[positionals.length];
  if (missing?.isRequired) throw new UsageError(`<${missing.name}> is missing`);
  if (positionals.length > names.length) throw new UsageError(`Unexpected argument "${positionals[names.length]}"`);
  return { values, positionals };
}

function parse(args: readonly string[], options: NonNullable<ParseArgsConfig['options']>): Args {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      allowNegative: true,
      strict: true,
    });
    return { values: values as Args['values'], positionals }; // with these options, no other types occur
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]); // parseArgs throws Errors; the rest is advice on `--`
  }
}

/**
 * Reads a flag that holds JSON.
 *
 * @throws {UsageError} it is not JSON.
 */
export function readJsonFlag({ values }: Args, flag: string): unknown {
  const text = values[flag];
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--${flag} has to be JSON: ${(error as Error).message}`);
  }
}

/** Text of a flag, undefined if it was not given. */
export function readText({ values }: Args, flag: string): string | undefined {
  const value = values[flag];
  return typeof value === 'string' ? value : undefined;
}
