import { parseArgs, type ParseArgsConfig } from 'node:util';

import { suggest } from '@sandglass/core';

import type { ArgsDefinition } from './arg-definition.js';
import { SETTINGS } from './settings.js';
import { UsageError } from './usage-error.js';

/** The parsed arguments of a command line. An unknown flag is an error. */
export interface Args {
  /** By flag. A flag that may be repeated is a list. */
  values: Readonly<Record<string, string | boolean | string[] | undefined>>;
  positionals: string[];
}

/** Flags that may be given more than once. */
const REPEATED: ReadonlySet<string> = new Set(['header']);

/**
 * Reads a command's arguments.
 *
 * @throws {UsageError} an unknown flag, a flag without its value, a positional too many or too few.
 */
export function readArgs(rawArgs: readonly string[], definition: ArgsDefinition): Args {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  const names: { name: string; isRequired: boolean }[] = [];
  for (const [name, { type, required = false, short }] of Object.entries(definition)) {
    if (type === 'positional') names.push({ name, isRequired: required });
    else options[name] = { type, multiple: REPEATED.has(name), ...(short === undefined ? {} : { short }) };
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
    // with these options, no other types occur
    return { values: values as Args['values'], positionals };
  } catch (error) {
    const { message } = error as Error; // parseArgs throws nothing else
    const [, unknown] = /^Unknown option '-*([^']+)'/.exec(message) ?? [];
    const hint = unknown === undefined ? '' : hintFlag(unknown, Object.keys(options));
    throw new UsageError(`${message.split(/\.\s/)[0]}${hint}`); // the rest is advice on `--`
  }
}

function hintFlag(flag: string, known: readonly string[]): string {
  if (Object.hasOwn(SETTINGS, flag)) return ': this command does not take it';
  const meant = suggest(flag, known);
  return meant === undefined ? '' : `. Did you mean --${meant}?`;
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
