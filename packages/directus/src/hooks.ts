import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

interface Context {
  parentURL?: string | undefined;
}
interface Resolved {
  url: string;
  format?: string | null | undefined;
  shortCircuit?: boolean | undefined;
}
interface Loaded {
  format: string | null | undefined;
  source?: unknown;
  shortCircuit?: boolean | undefined;
}
/** A value with `registerHooks`, a promise with `register`. */
type Soon<T> = T | Promise<T>;

/** Marks the URL of the module that wraps Directus' extension manager. */
const MARK = '?sandglass';

/** Marks the URL of the module that refuses: an unknown module has imported the native addon. */
const REFUSED = '?sandglass-refused';

/** Directus' own package: that of the extension manager, and of Run Script. */
const PACKAGE = '/@directus/api/';

/** Stands for the native addon, of which nothing is used. */
const NO_ADDON = 'data:text/javascript,export default undefined';

/** Stands for a module that this Directus does not have. */
const NOTHING = 'data:text/javascript,';

const RUN_SCRIPT: string = new URL('run-script/operation.js', import.meta.url).href;

/**
 * The module that wraps the extension manager: it replaces the sandbox, and exports the same. Its
 * imports are static, so that the circles among Directus' modules load in their own order.
 */
const SOURCE = `
import * as manager from '@directus/api/extensions/manager';
import * as emitter from '@directus/api/emitter';
import * as flows from '@directus/api/flows';
import * as logger from '@directus/api/logger/index';
import * as schema from '@directus/api/utils/get-schema';
import * as services from '@directus/api/services/index';
import * as env from '@directus/env';
import * as express from 'express';
import api from '@directus/api/package.json' with { type: 'json' };
import * as directus from 'directus/version';
import { replaceSandbox } from '${new URL('replace-sandbox.js', import.meta.url).href}';
replaceSandbox({ manager, emitter, flows, logger, schema, services, env, express, api, directus });
export * from '@directus/api/extensions/manager';
`;

const REFUSAL = `
import api from '@directus/api/package.json' with { type: 'json' };
import * as directus from 'directus/version';
import { refuse } from '${new URL('assert-known.js', import.meta.url).href}';
refuse('its extension manager is not at "@directus/api/extensions/manager"', { api, directus });
export default undefined;
`;

/** Modules of one Directus, by what its package exports. */
interface Modules {
  manager: string | undefined;
  runScript: string | undefined;
}

const known = new Map<string, Modules>();

/**
 * Resolves Directus' extension manager, its Run Script and its native addon to modules of this
 * package.
 */
export function resolve(
  specifier: string,
  context: Context,
  next: (specifier: string, context?: Context) => Soon<Resolved>,
): Soon<Resolved> {
  const { parentURL = '' } = context;
  if (specifier === 'isolated-vm' && parentURL.includes(PACKAGE)) return instead(parentURL);
  if (parentURL.endsWith(MARK) || parentURL.endsWith(REFUSED)) return orNothing(() => next(specifier, context));
  return then(next(specifier, context), (found) => {
    if (!found.url.includes(PACKAGE)) return found;
    const { manager, runScript } = modulesOf(found.url);
    if (found.url === manager) return { url: manager + MARK, format: 'module', shortCircuit: true };
    if (found.url === runScript) return { url: RUN_SCRIPT, format: 'module', shortCircuit: true };
    return found;
  });
}

/** Loads the modules that are marked. */
export function load(
  url: string,
  context: unknown,
  next: (url: string, context?: unknown) => Soon<Loaded>,
): Soon<Loaded> {
  const source = url.endsWith(MARK) ? SOURCE : url.endsWith(REFUSED) ? REFUSAL : undefined;
  return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
}

/** Resolves the native addon for a module of Directus. */
function instead(importer: string): Resolved {
  const url = importer === modulesOf(importer).manager ? NO_ADDON : importer + REFUSED;
  return { url, format: 'module', shortCircuit: true };
}

/** @param url of any module of Directus' package */
function modulesOf(url: string): Modules {
  const root = url.slice(0, url.lastIndexOf(PACKAGE) + PACKAGE.length);
  let modules = known.get(root);
  if (!modules) {
    known.set(root, (modules = { manager: undefined, runScript: undefined }));
    const require = createRequire(`${root}package.json`);
    modules.manager = find(require, '@directus/api/extensions/manager');
    modules.runScript = find(require, '@directus/api/operations/exec/index');
  }
  return modules;
}

function find(require: NodeJS.Require, specifier: string): string | undefined {
  try {
    return pathToFileURL(require.resolve(specifier)).href;
  } catch {
    return undefined;
  }
}

/** What is missing is told by `replaceSandbox`, in its own words. */
function orNothing(resolved: () => Soon<Resolved>): Soon<Resolved> {
  const nothing = { url: NOTHING, shortCircuit: true };
  try {
    const found = resolved();
    return found instanceof Promise ? found.catch(() => nothing) : found;
  } catch {
    return nothing;
  }
}

function then<T, U>(value: Soon<T>, use: (value: T) => U): Soon<U> {
  return value instanceof Promise ? value.then(use) : use(value);
}
