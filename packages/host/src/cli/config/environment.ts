import { suggest } from '@sandglass/core';

import { UsageError } from '../usage-error.js';
import { CONFIG_OPTIONS, type OptionKind } from './options.js';
import { parseAmount } from './units.js';

/** A setting as it was given, with the name that an error calls it by. */
export interface Setting {
  path: string;
  origin: string;
  value: unknown;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Directus' levels, which are pino's, by what they are called here. */
const LEVELS: Readonly<Record<string, string>> = { trace: 'debug', fatal: 'error', silent: 'error' };

/**
 * Variables that operators know from Directus; platforms set `PORT` too. A `SANDGLASS_` variable
 * wins over them.
 */
export const KNOWN_VARIABLES: readonly {
  env: string;
  path: string;
  description: string;
  read: (text: string) => unknown;
}[] = [
  { env: 'EXTENSIONS_PATH', path: 'extensions', description: 'Folder of extensions', read: (text) => text },
  {
    env: 'EXTENSIONS_SANDBOX_MEMORY',
    path: 'limits.memoryLimitBytes',
    description: 'Heap of a sandbox in MB',
    read: (text) => (parseAmount(text, 'size') === Number(text) ? Number(text) * 1_048_576 : text),
  },
  {
    env: 'EXTENSIONS_SANDBOX_TIMEOUT',
    path: 'limits.cpuTimeMs',
    description: 'Time of V8 for one call in ms; five times as much here, where an interpreter computes',
    read: readTimeout,
  },
  {
    env: 'IMPORT_IP_DENY_LIST',
    path: 'request.denyAddresses',
    description: 'Addresses, CIDR or a-b ranges refused on top of the built-in ones',
    read: (text) => readText('list', text),
  },
  {
    env: 'MAX_PAYLOAD_SIZE',
    path: 'maxBodyBytes',
    description: 'Size of a request body that is read, for example 1mb',
    read: (text) => readText('size', text),
  },
  { env: 'HOST', path: 'service.hostname', description: 'Address to listen on', read: (text) => text },
  {
    env: 'EXTENSIONS_MUST_LOAD',
    path: 'service.mustLoad',
    description: 'Ends with 1 if an extension does not load',
    read: (text) => readText('boolean', text),
  },
  {
    env: 'EXTENSIONS_AUTO_RELOAD',
    path: 'service.watch',
    description: 'Loads what comes into the folder, and what changes there, as it does',
    read: (text) => readText('boolean', text),
  },
  { env: 'PORT', path: 'service.port', description: 'TCP port', read: (text) => readText('number', text) },
  {
    env: 'LOG_LEVEL',
    path: 'service.logLevel',
    description: 'Least level of what is logged; trace is debug, fatal and silent are error',
    read: (text) => LEVELS[text] ?? text,
  },
];

/**
 * Reads the settings that environment variables give. Empty variables count as not set, but for
 * `SANDGLASS_NODE_ENV`.
 */
export function readEnvironment(env: Environment): Setting[] {
  const settings: Setting[] = [];
  for (const { env: name, path, read } of KNOWN_VARIABLES) {
    const text = env[name];
    if (text) settings.push({ path, origin: name, value: read(text) });
  }
  for (const { env: name, path, kind } of CONFIG_OPTIONS) {
    const text = env[name];
    if (text === undefined || (text === '' && path !== 'nodeEnv')) continue;
    settings.push({ path, origin: name, value: readOption(path, kind, text) });
  }
  return settings;
}

/** Reads the settings that flags give. @param values by flag. */
export function readFlags(values: Readonly<Record<string, unknown>>): Setting[] {
  const settings: Setting[] = [];
  for (const { flag, path, kind } of CONFIG_OPTIONS) {
    const value = values[flag];
    if (value === undefined) continue;
    const read = typeof value === 'string' ? readOption(path, kind, value) : value;
    settings.push({ path, origin: `--${flag}`, value: read });
  }
  return settings;
}

/** Refuses a `SANDGLASS_` variable that means nothing: it is a typing mistake. */
export function assertKnownVariables(env: Environment): void {
  const known = new Set(['SANDGLASS_CONFIG', ...CONFIG_OPTIONS.map((option) => option.env)]);
  const odd = Object.keys(env).find((name) => name.startsWith('SANDGLASS_') && !known.has(name));
  if (odd === undefined) return;
  const meant = suggest(odd, [...known]);
  throw new UsageError(`Unknown environment variable ${odd}${meant === undefined ? '' : `. Did you mean ${meant}?`}`);
}

function readOption(path: string, kind: OptionKind, text: string): unknown {
  if (path === 'nodeEnv' && text === '') return null;
  return readText(kind, text);
}

/**
 * Time in the sandbox for what V8 does in one. Real extensions that end within a second there took
 * 1.0 to 2.7 s here: see docs/migration.md.
 */
const TIME_FACTOR = 5;
/** Greatest `cpuTimeMs`. */
const MAX_CPU_TIME_MS = 60_000;

function readTimeout(text: string): unknown {
  const timeMs = parseAmount(text, 'time');
  return timeMs === undefined || timeMs <= 0 ? text : Math.min(timeMs * TIME_FACTOR, MAX_CPU_TIME_MS);
}

/** A text that is no number or boolean stays text, which the schema refuses. */
function readText(kind: OptionKind, text: string): unknown {
  switch (kind) {
    case 'text':
      return text;
    case 'number':
      return /^-?\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : text;
    case 'size':
    case 'time':
      return parseAmount(text, kind) ?? text;
    case 'boolean':
      return ['true', '1', 'yes'].includes(text) ? true : ['false', '0', 'no'].includes(text) ? false : text;
    case 'list':
      // an item that is empty is left for the schema to refuse
      return text.trim() === '' ? [] : text.split(',').map((item) => item.trim());
    default:
      return kind satisfies never;
  }
}
