import { custom } from '@sandglass/core';
import type * as z from 'zod/mini';

import type { AdapterHost, EventOptions, HostSource, HttpOptions, SqsOptions } from '../adapters/contract.js';
import { MAX_WALL_TIME_MS } from './call-options.js';
import { checkOptions } from './check-options.js';
import { callback, count, type Fields, hasMethods, maybe, object } from './fields.js';

const deadlineFields: Fields<Pick<HttpOptions, 'wallTimeMs' | 'reserveMs'>> = {
  wallTimeMs: maybe(count(1, MAX_WALL_TIME_MS)),
  reserveMs: maybe(count(0, MAX_WALL_TIME_MS)),
};

const isBasePath = (value: unknown): boolean => typeof value === 'string' && /^(?:\/.*)?$/.test(value);

const schemas: {
  http: z.ZodMiniType<HttpOptions>;
  event: z.ZodMiniType<EventOptions<never>>;
  sqs: z.ZodMiniType<SqsOptions>;
} = {
  http: object<HttpOptions>({
    ...deadlineFields,
    basePath: maybe(custom<string>(isBasePath, 'a path that begins with a slash, or empty')),
  }),
  event: object<EventOptions<never>>({ ...deadlineFields, toInvocation: maybe(callback()) }),
  sqs: object<SqsOptions>({ ...deadlineFields, toInvocation: maybe(callback()), onFailure: maybe(callback()) }),
};

const isHost = (value: unknown): boolean => hasMethods(value, ['fetch', 'operation', 'filter', 'action']);
const isSource = (value: unknown): boolean =>
  typeof value === 'function' || isHost(value) || hasMethods(value, ['then']);

const source: z.ZodMiniType<HostSource> = custom<HostSource>(
  isSource,
  'a host, a promise of one, or a function that makes one',
);
const host: z.ZodMiniType<AdapterHost> = custom<AdapterHost>(isHost, 'a host');

/** Checks what an adapter takes. @param adapter its name. @throws {TypeError} */
export function checkAdapter(adapter: string, kind: keyof typeof schemas, from: HostSource, options: object): void {
  checkOptions(`argument of ${adapter}`, source, from, 'the source');
  checkOptions<unknown>(`options of ${adapter}`, schemas[kind], options);
}

/** Checks what a source of hosts made. @throws {TypeError} */
export function checkHost(made: AdapterHost): AdapterHost {
  return checkOptions('source of an adapter', host, made, 'what it makes');
}
