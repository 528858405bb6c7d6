import { availableParallelism } from 'node:os';

import { custom, type Isolation, type Limits, limitsSchema, named, suggest } from '@sandglass/core';
import * as z from 'zod/mini';

import { type Capability, isCapability } from '../capabilities/define.js';
import { REQUEST_RANGES } from '../capabilities/request/request.js';
import { isAddressRange } from '../gate/address-list.js';
import { RESPONSE_HEADERS } from '../routing/endpoint-response.js';
import type { PoolOptions } from '../pool/pool-options.js';
import type { ExtensionSource, HostOptions, LoadOptions, RequestOptions } from '../types.js';
import { checkOptions } from './check-options.js';
import {
  anyObject,
  bodyBytes,
  callback,
  count,
  type Fields,
  flag,
  group,
  isObject,
  list,
  maybe,
  object,
  text,
  withDefault,
  withMethods,
} from './fields.js';

/** Greatest delay that a timer of Node takes: about 25 days. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** What listens to an event. */
export const listenerType: z.ZodMiniType<'filter' | 'action' | undefined> = z.optional(z.enum(['filter', 'action']));

/** A delay in milliseconds. */
export const delayMs: z.ZodMiniType<number> = z.number().check(z.minimum(0), z.maximum(MAX_DELAY_MS));

/** Options of a host with its defaults filled in. */
export interface CompleteHostOptions extends HostOptions {
  isolation: Isolation;
  nodeEnv: string | null;
  maxBodyBytes: number;
  responseHeaders: readonly string[];
  limits: Limits;
  pool: PoolOptions | 'inline';
  request: RequestOptions;
}

const poolFields: Fields<PoolOptions> = {
  inline: withDefault(flag, false),
  maxThreads: withDefault(count(0, 1_024), availableParallelism()),
  minThreads: withDefault(count(0, 1_024), 0),
  maxQueueLength: withDefault(count(0, 1_000_000), 10_000),
  maxExtensionQueueLength: maybe(count(0, 1_000_000)),
  maxMemoryBytes: maybe(count(16 << 20, 2 ** 40)),
  idleTimeoutMs: withDefault(count(0, MAX_DELAY_MS), 30_000),
};

const addresses = list(custom<string>(isAddressRange, 'an address, a CIDR range or a range a-b, no name'));

const ranged = ([min, max, byDefault]: readonly [number, number, number]): z.ZodMiniType<number> =>
  withDefault(count(min, max), byDefault);

/** Of {@link RequestOptions}, what is data. */
export const requestData: Fields<Omit<RequestOptions, 'dispatcher' | 'lookup'>> = {
  denyAddresses: withDefault(addresses, []),
  allowAddresses: withDefault(addresses, []),
  timeoutMs: ranged(REQUEST_RANGES.timeoutMs),
  maxRequestBytes: ranged(REQUEST_RANGES.maxRequestBytes),
  maxResponseBytes: ranged(REQUEST_RANGES.maxResponseBytes),
  maxRedirects: ranged(REQUEST_RANGES.maxRedirects),
  maxRequests: ranged(REQUEST_RANGES.maxRequests),
  maxHeldBytes: ranged(REQUEST_RANGES.maxHeldBytes),
};

const requestFields: Fields<RequestOptions> = {
  ...requestData,
  dispatcher: maybe(withMethods(['dispatch'], 'a Dispatcher of undici')),
  lookup: maybe(callback()),
};

export const isolation: z.ZodMiniType<Isolation> = z.enum(['pristine', 'persistent']);
export const poolSchema: z.ZodMiniType<PoolOptions> = object(poolFields);

/** RFC 9110 §5.6.2 */
const isHeaderName = (value: unknown): boolean => typeof value === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(value);

/** Of {@link HostOptions}, what a configuration file of the command line may hold too. */
export const sharedFields: Fields<
  Pick<
    CompleteHostOptions,
    | 'include'
    | 'exclude'
    | 'packageJson'
    | 'isolation'
    | 'limits'
    | 'capabilities'
    | 'grant'
    | 'nodeEnv'
    | 'maxBodyBytes'
    | 'responseHeaders'
    | 'snapshots'
  >
> = {
  include: maybe(list(text)),
  exclude: maybe(list(text)),
  packageJson: maybe(text),
  isolation: withDefault(isolation, 'pristine'),
  limits: limitsSchema,
  capabilities: maybe(list(custom<Capability>(isCapability, 'made by defineCapability'))),
  grant: maybe(callback()),
  nodeEnv: withDefault(z.nullable(z.string()), 'production'),
  maxBodyBytes: withDefault(bodyBytes, 1_048_576),
  responseHeaders: withDefault(list(custom<string>(isHeaderName, 'the name of a header')), [...RESPONSE_HEADERS]),
  snapshots: maybe(text),
};

/** Everything that `createHost` takes. */
export const hostSchema: z.ZodMiniType<CompleteHostOptions> = object<CompleteHostOptions>({
  ...sharedFields,
  extensions: maybe(text),
  fleet: maybe(custom<NonNullable<HostOptions['fleet']>>(isObject, 'an object { servers, … } or a fleet')),
  pool: group(z.union([z.literal('inline'), poolSchema])),
  request: group(object(requestFields)),
  onLog: maybe(callback()),
  logConsole: withDefault(flag, false),
  onAudit: maybe(callback()),
  onCall: maybe(callback()),
  onError: maybe(callback()),
  onSkip: maybe(callback()),
  createResponse: maybe(callback()),
});

const loadSchema: z.ZodMiniType<LoadOptions> = object<LoadOptions>({
  isolation: maybe(isolation),
  limits: maybe(limitsSchema),
});

const sourceFields: Fields<ExtensionSource> = {
  manifest: named(z.unknown(), 'a parsed package.json'),
  source: z.string(),
  sourceMap: maybe(z.union([z.string(), anyObject])),
};

/** What else the object has is its owner's, but for a key that is a misspelt one. */
const sourceSchema: z.ZodMiniType<ExtensionSource> = named(
  z.looseObject(sourceFields).check(({ value, issues }) => {
    const known = Object.keys(sourceFields);
    const keys = Object.keys(value).filter((key) => !known.includes(key) && suggest(key, known) !== undefined);
    if (keys.length > 0) issues.push({ code: 'unrecognized_keys', keys, input: value });
  }),
  'a folder, or an object { manifest, source }',
);

/** Checks what `host.load` takes. @throws {TypeError} */
export function checkLoad(from: string | ExtensionSource, options: LoadOptions): void {
  if (typeof from === 'string') checkOptions('argument of host.load', text, from, 'the folder');
  else checkOptions('extension given to host.load', sourceSchema, from, 'it');
  checkOptions('options of host.load', loadSchema, options);
}
