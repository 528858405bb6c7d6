import { custom, named, type SyncParameter } from '@sandglass/core';
import * as z from 'zod/mini';

import { checkOptions } from '../options/check-options.js';
import { callback, type Fields, flag, list, maybe, object, withDefault } from '../options/fields.js';

/** What a capability's handler knows of the call that it serves. */
export interface CapabilityContext<Scope = unknown> {
  extension: { readonly name: string; readonly version: string };
  call: {
    readonly id: number;
    /** Milliseconds left of the call's `wallTimeMs`. */
    remainingTimeMs(): number;
    /** The `context` that the host gave the call. */
    readonly context?: object | undefined;
  };
  /**
   * The granted scope, parsed by the capability's own schema. The same object for every call of a
   * loaded extension.
   */
  scope: Scope;
  /**
   * Fires when the call settles, for whatever reason. Made when it is read: a copy of the context
   * (`{ ...context }`) lacks it.
   */
  signal: AbortSignal;
  /** Adds to the audit entry of this capability call. */
  audit(details: AuditDetails): void;
}

/** What a handler adds to the audit entry of its call. */
export interface AuditDetails {
  target?: string;
  status?: number;
  bytes?: number;
}

/** What {@link defineCapability} takes. */
export interface CapabilityDefinition<Scope, Args extends readonly unknown[], Result> {
  /**
   * Name of the export, and of the scope in the manifest: an identifier, or two with a dot.
   * `items.read` is the function `read` of the exported object `items`.
   */
  name: string;
  /** Specifier that guests import it from, `<host>:<module>`. @default 'directus:api' */
  module?: string | undefined;
  /**
   * Key of its scope in the manifest. Capabilities of one key share a scope, and have to give the
   * same schema. @default the name
   */
  scopeName?: string | undefined;
  /**
   * Schema of zod or zod/mini for its scope in the manifest. Synchronous. What it refuses is an
   * invalid manifest.
   */
  scope: z.core.$ZodType<Scope>;
  /**
   * Schema of its arguments, a `z.tuple` without a rest. Synchronous. Missing arguments are
   * undefined, further ones are dropped.
   */
  args: z.core.$ZodType<Args>;
  /**
   * Values in the arguments of one call, shared ones counted wherever they stand: an item of a list
   * is one, a property four. More are `E_QUOTA`, before `args` sees them. `Infinity` if the handler
   * bounds them itself.
   *
   * @default 65_536: a schema takes this thread up to 50 ms to refuse that many
   */
  maxArgumentValues?: number | undefined;
  /** Which comes first, and so which error a guest sees when both fail. @default 'scope-first' */
  order?: 'scope-first' | 'args-first' | undefined;
  /**
   * Whether a second run would do something a second time. Such a call is never run again after a
   * worker is lost. @default true
   */
  effect?: boolean | undefined;
  /**
   * Set for a function whose guest gets no promise and waits for nothing, as with `log`: it returns
   * undefined at once. Describes the arguments, which the sandbox checks.
   */
  sync?: SyncParameter[] | undefined;
  /**
   * Serves one call. What it returns is copied to the guest.
   *
   * Throw a `CapabilityError` to tell the guest why; of any other error the guest learns only that
   * the call failed.
   */
  handler(args: Args, context: CapabilityContext<Scope>): Result | Promise<Result>;
}

/** A function that a host offers to guests. Made by {@link defineCapability}. */
export interface Capability<
  Scope = unknown,
  Args extends readonly unknown[] = readonly unknown[],
  Result = unknown,
> extends Readonly<CapabilityDefinition<Scope, Args, Result>> {
  readonly module: string;
  readonly scopeName: string;
  readonly order: 'scope-first' | 'args-first';
  readonly effect: boolean;
  readonly maxArgumentValues: number;
  /** How many arguments it takes. */
  readonly parameters: number;
}

/** Module of the built-in capabilities. */
export const API_MODULE = 'directus:api';

const MAX_ARGUMENT_VALUES = 65_536;

/** One identifier or two, short enough to read in an audit. */
const NAME = /^[A-Za-z_$][\w$]{0,63}(?:\.[A-Za-z_$][\w$]{0,63})?$/;
const MODULE = /^[a-z][a-z0-9-]{0,31}:[a-z][a-z0-9._/-]{0,63}$/;

/**
 * Names that cannot be imported as they are, mean something on every object, or belong to the host.
 */
const RESERVED: ReadonlySet<string> = new Set([
  ...'arguments await break case catch class const continue debugger default delete do else enum eval export extends false'.split(
    ' ',
  ),
  ...'finally for function if implements import in instanceof interface let new null package private protected public'.split(
    ' ',
  ),
  ...'return static super switch this throw true try typeof var void while with yield'.split(' '),
  ...Object.getOwnPropertyNames(Object.prototype),
  'prototype',
  'then',
  'console',
]);

/**
 * By symbol, not by class: another copy of this package knows it too. Not enumerable, so that a
 * spread loses it.
 */
const DEFINED: unique symbol = Symbol.for('@sandglass/host: capability');

const isSchema = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as { _zod?: unknown })._zod === 'object';

const syncFields: Fields<SyncParameter> = {
  label: z.string(),
  type: z.enum(['string', 'number', 'boolean', 'object']),
};

const definitionSchema: z.ZodMiniType<CapabilityDefinition<unknown, readonly unknown[], unknown>> = named(
  object<CapabilityDefinition<unknown, readonly unknown[], unknown>>({
    name: z.string(),
    module: withDefault(z.string(), API_MODULE),
    scopeName: maybe(z.string().check(z.regex(NAME))),
    scope: custom<z.core.$ZodType>(isSchema, 'a schema of zod 4'),
    args: custom<z.core.$ZodType<readonly unknown[]>>(isSchema, 'a z.tuple of zod 4'),
    maxArgumentValues: withDefault(
      custom<number>((value) => typeof value === 'number' && value > 0, 'a number above 0, or Infinity'),
      MAX_ARGUMENT_VALUES,
    ),
    order: withDefault(z.enum(['scope-first', 'args-first']), 'scope-first'),
    effect: withDefault(flag, true),
    sync: maybe(list(object(syncFields))),
    handler: callback(),
  }),
  'an object { name, scope, args, handler }',
);

/**
 * Defines a function for guests, gated, limited and audited like the built-in three, which are made
 * with it.
 *
 * @throws {TypeError} a key is unknown, missing or of the wrong type, or the name, the module or
 *   the arguments' schema cannot be used.
 *
 * @example
 * ```js
 * import { createHost, defineCapability } from '@sandglass/host';
 * import * as z from 'zod';
 *
 * const readPrice = defineCapability({
 *   name: 'prices.read',
 *   module: 'acme:prices',
 *   scope: z.object({}),
 *   args: z.tuple([z.string()]),
 *   effect: false,
 *   handler: ([product]) => ({ product, price: 5 }),
 * });
 * const host = await createHost({ capabilities: [readPrice] });
 * const sandbox = { enabled: true, requestedScopes: { 'prices.read': {} } };
 * const path = { app: 'app.js', api: 'index.js' };
 * const manifest = {
 *   name: 'shop',
 *   version: '1.0.0',
 *   'directus:extension': { type: 'operation', path, source: path, host: '*', sandbox },
 * };
 * const source = `
 *   import { prices } from 'acme:prices';
 *   export default { id: 'price', handler: async ({ of }) => (await prices.read(of)).price };
 * `;
 * await host.load({ manifest, source });
 * console.log(await host.operation('price', { of: 'tea' })); // 5
 * await host.close();
 * ```
 */
export function defineCapability<Scope, Args extends readonly unknown[], Result>(
  definition: CapabilityDefinition<Scope, Args, Result>,
): Capability<Scope, Args, Result> {
  const checked = checkOptions('definition of a capability', definitionSchema, definition, 'it');
  const { name, module = API_MODULE, args, sync } = checked;
  if (!NAME.test(name) || name.split('.').some((part) => RESERVED.has(part)))
    throw invalid(name, 'the name has to be an identifier that is not reserved, or two with a dot');
  if (!MODULE.test(module)) throw invalid(name, `the module "${module}" has to look like "acme:items"`);
  if (module.startsWith('node:')) throw invalid(name, 'guests have no node: modules');
  const parameters = countParameters(name, args);
  if (sync && sync.length > parameters) throw invalid(name, 'sync describes more parameters than args');
  const { scopeName = name } = checked;
  const capability = Object.defineProperty({ ...checked, scopeName, parameters }, DEFINED, { value: true });
  // what the definition says, with its defaults
  return Object.freeze(capability) as Capability<Scope, Args, Result>;
}

/** Whether a value was made by {@link defineCapability}, of whatever copy of this package. */
export function isCapability(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, DEFINED);
}

/** Reads the schema's own description: an `instanceof` would refuse a host's other copy of zod. */
function countParameters(name: string, args: z.core.$ZodType): number {
  const { def } = args._zod as z.core.$ZodTypeInternals & { def: Partial<z.core.$ZodTupleDef> };
  if (def.type !== 'tuple' || !def.items || def.rest) throw invalid(name, 'args has to be a z.tuple without a rest');
  return def.items.length;
}

function invalid(name: string, reason: string): TypeError {
  return new TypeError(`Cannot define capability "${name}": ${reason}`);
}
