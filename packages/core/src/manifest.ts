import * as z from 'zod/mini';

import { check } from './check.js';
import { named } from './describe-schema.js';
import { SandglassError } from './errors.js';
import { explain, formatProblem } from './explain.js';
import type { Scopes, ScopeSchemas } from './scopes.js';

/** Extension types that run in a sandbox. */
export const SANDBOX_TYPES = ['endpoint', 'hook', 'operation'] as const;
export type SandboxType = (typeof SANDBOX_TYPES)[number];

/** Types that Directus runs in the browser: recognised, never run here. */
export const APP_TYPES = ['interface', 'display', 'layout', 'module', 'panel', 'theme'] as const;

/** npm's limit. */
const MAX_NAME_LENGTH = 214;

/**
 * The names of npm packages, those of old packages with capitals included, without npm's marks
 * `!'()*`: what is left stands in a URL as it is, is one step of a path or two, and never a dot
 * segment. Source: validate-npm-package-name 8.
 */
const PACKAGE_NAME = /^(?:@[\w.~-]+\/[\w~-]|[a-z0-9~])[\w.~-]*$/i;

/** Names that npm refuses. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['node_modules', 'favicon.ico']);

/** A `package.json` that asks for a sandbox. */
export interface Manifest {
  /**
   * Of an npm package, with a scope or without. Extensions are mounted, logged and counted by it.
   */
  name: string;
  version: string;
  type: SandboxType;
  /** Entrypoint of the API part, relative to the extension's folder. */
  path: string;
  /** Semver range of the Directus host that the author built for. Not enforced. */
  host: string;
  requestedScopes: Scopes;
  /** Names of scopes that it asks for and that this host does not know. They give nothing. */
  unknownScopes: readonly string[];
}

const nonEmpty = z.string().check(z.minLength(1));
const NO_NUL = z.refine((path: unknown) => !String(path).includes('\0'), { error: 'must not hold a NUL' });
const anyPath = z.string().check(NO_NUL);
const splitPath = named(z.object({ app: anyPath, api: anyPath }), 'an object of two paths, { app, api }');
const sandboxSchema = z.object({
  enabled: z.optional(z.boolean()),
  requestedScopes: z.optional(z.record(z.string(), z.unknown())),
});
const common = { host: z.string(), sandbox: z.optional(sandboxSchema) };

const extensionSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['endpoint', 'hook']), path: nonEmpty.check(NO_NUL), source: anyPath, ...common }),
  z.object({ type: z.literal('operation'), path: splitPath, source: splitPath, ...common }),
  z.object({ type: z.literal('bundle'), sandbox: z.optional(z.unknown()) }),
  z.object({ type: z.enum(APP_TYPES) }),
]);

const packageName = z.string().check(
  z.refine(isPackageName, {
    error: 'has to be the name of an npm package, for example "hello" or "@acme/hello", of 214 characters at the most',
  }),
);

const packageSchema = z.object({
  name: packageName,
  version: nonEmpty,
  'directus:extension': named(extensionSchema, 'an object: without it, this is no extension'),
});

/**
 * Reads the parsed `package.json` of an extension (docs/contract.md §1).
 *
 * Unknown keys are dropped, unknown scopes are named and give nothing.
 *
 * @param packageJson the parsed file; anything is accepted and checked.
 * @param scopeSchemas one schema per capability that the host offers.
 * @throws {SandglassError} `E_MANIFEST`: a field is missing or wrong (the message names it), the
 *   type never runs in a sandbox, or the sandbox is not enabled.
 */
export function parseManifest(packageJson: unknown, scopeSchemas: ScopeSchemas): Manifest {
  const parsed = check(packageSchema, packageJson);
  if (!parsed.success) throw invalid(packageJson, firstProblem(packageSchema, packageJson, parsed.error));
  const { name, version, 'directus:extension': extension } = parsed.data;
  if (extension.type === 'bundle') {
    const why =
      extension.sandbox === undefined
        ? 'bundles cannot be sandboxed'
        : 'a bundle must not have a sandbox block: it would not be sandboxed';
    throw invalid(packageJson, `directus:extension.type is "bundle": ${why}`);
  }
  if (!('host' in extension)) {
    throw invalid(
      packageJson,
      `directus:extension.type is "${extension.type}": only endpoint, hook and operation run in a sandbox`,
    );
  }
  if (extension.sandbox?.enabled !== true) {
    throw invalid(packageJson, 'directus:extension.sandbox.enabled is not true: not a sandboxed extension');
  }
  const { type, host } = extension;
  const path = typeof extension.path === 'string' ? extension.path : extension.path.api;
  const requested = extension.sandbox.requestedScopes ?? {};
  const requestedScopes = parseScopes(packageJson, requested, scopeSchemas);
  const unknownScopes = Object.keys(requested).filter((scope) => !Object.hasOwn(scopeSchemas, scope));
  return { name, version, type, path, host, requestedScopes, unknownScopes };
}

function parseScopes(packageJson: unknown, requested: Record<string, unknown>, schemas: ScopeSchemas): Scopes {
  const scopes: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(schemas)) {
    if (!Object.hasOwn(requested, name)) continue;
    const result = check(schema, requested[name]);
    if (!result.success) {
      const [problem] = explain(result.error, schema, requested[name]);
      const path = ['directus:extension', 'sandbox', 'requestedScopes', name, ...(problem?.path ?? [])];
      throw invalid(packageJson, formatProblem({ path, text: problem?.text ?? ' is invalid' }, 'package.json'));
    }
    scopes[name] = result.data;
  }
  return scopes;
}

function isPackageName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && PACKAGE_NAME.test(name) && !RESERVED_NAMES.has(name.toLowerCase());
}

function invalid(packageJson: unknown, reason: string): SandglassError {
  const raw: unknown =
    typeof packageJson === 'object' && packageJson !== null && 'name' in packageJson ? packageJson.name : undefined;
  const name = typeof raw === 'string' ? raw : undefined;
  const shown = name === undefined ? '' : ` of ${JSON.stringify(name.slice(0, MAX_NAME_LENGTH))}`;
  return new SandglassError('E_MANIFEST', `Invalid manifest${shown}: ${reason}`, {
    extension: name !== undefined && isPackageName(name) ? name : undefined,
  });
}

/** One is enough to act on. */
function firstProblem(schema: z.core.$ZodType, value: unknown, error: z.core.$ZodError): string {
  const [problem] = explain(error, schema, value);
  return problem ? formatProblem(problem, 'package.json') : 'package.json is invalid';
}
