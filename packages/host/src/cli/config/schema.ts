import { availableParallelism } from 'node:os';
import { isAbsolute, resolve } from 'node:path';

import { type Limits, limitsSchema } from '@sandglass/core';
import * as z from 'zod';

import type { Capability } from '../../capabilities/define.js';
import type { GrantPolicy, HostOptions, PoolOptions, RequestOptions } from '../../types.js';

/** How the service listens, what it takes and what it logs. The operator's page says what each is for. */
export interface ServiceConfig {
  port: number;
  hostname: string;
  token?: string | undefined;
  metrics: boolean;
  metricsToken?: string | undefined;
  status: boolean;
  maxConcurrentRequests: number;
  maxConnections: number;
  maxHeaderBytes: number;
  headersTimeoutMs: number;
  receiveTimeoutMs: number;
  keepAliveTimeoutMs: number;
  graceMs: number;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  logFormat: 'auto' | 'json' | 'pretty';
  accessLog: boolean;
}

type FromHost = 'include' | 'exclude' | 'packageJson' | 'responseHeaders' | 'snapshots' | 'capabilities' | 'grant';

/** A configuration with every default filled in. */
export interface Config extends Pick<HostOptions, FromHost> {
  extensions: string;
  isolation: 'pristine' | 'persistent';
  /** null removes `process` and `console` from the guests' globals. */
  nodeEnv: string | null;
  maxBodyBytes: number;
  limits: Limits;
  pool: PoolOptions;
  request: RequestOptions;
  service: ServiceConfig;
}

const count = (min: number, max: number): z.ZodNumber => z.number().int().min(min).max(max);
const text: z.ZodString = z.string().min(1);
const texts: z.ZodArray<z.ZodString> = z.array(text);

const MIB = 1024 * 1024;

const pool: z.ZodType<PoolOptions, PoolOptions> = z.strictObject({
  maxThreads: count(1, 1_024).default(availableParallelism()),
  minThreads: count(0, 1_024).default(0),
  maxQueueLength: count(0, 1_000_000).default(10_000),
  maxExtensionQueueLength: count(0, 1_000_000).optional(),
  idleTimeoutMs: count(0, 2 ** 31 - 1).default(30_000),
}) as never; // zod cannot say that a key is absent rather than undefined

const request: z.ZodType<RequestOptions, RequestOptions> = z.strictObject({
  denyAddresses: texts.default([]),
  allowAddresses: texts.default([]),
  timeoutMs: count(1, 600_000).default(10_000),
  maxRequestBytes: count(0, 1024 * MIB).default(8 * MIB),
  maxResponseBytes: count(0, 1024 * MIB).default(5 * MIB),
  maxRedirects: count(0, 100).default(5),
}) as never; // as above

const service: z.ZodType<ServiceConfig, Partial<ServiceConfig>> = z.strictObject({
  port: count(0, 65_535).default(3_000),
  hostname: text.default('127.0.0.1'),
  token: z.string().min(16).optional(),
  metrics: z.boolean().default(true),
  metricsToken: z.string().min(16).optional(),
  status: z.boolean().default(false),
  maxConcurrentRequests: count(1, 1_000_000).default(1_000),
  maxConnections: count(1, 1_000_000).default(20_000),
  maxHeaderBytes: count(1_024, MIB).default(16_384),
  headersTimeoutMs: count(1, 600_000).default(10_000),
  receiveTimeoutMs: count(1, 600_000).default(60_000),
  keepAliveTimeoutMs: count(1, 600_000).default(5_000),
  graceMs: count(0, 600_000).default(10_000),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  logFormat: z.enum(['auto', 'json', 'pretty']).default('auto'),
  accessLog: z.boolean().default(false),
}) as never; // as above

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** Everything that the command line can be configured with; the file may hold it as it is. */
export const configSchema: z.ZodType<Config> = z.strictObject({
  extensions: text.default('./extensions'),
  include: texts.optional(),
  exclude: texts.optional(),
  packageJson: text.optional(),
  isolation: z.enum(['pristine', 'persistent']).default('pristine'),
  nodeEnv: z.string().nullable().default('production'),
  maxBodyBytes: count(0, 1024 * MIB).default(MIB),
  responseHeaders: texts.optional(),
  snapshots: text.optional(),
  limits: limitsSchema,
  pool: pool.prefault({}),
  request: request.prefault({}),
  service: service.prefault({}),
  // Code, so for a file that is a module only. The host looks at them more closely.
  capabilities: z.array(z.custom<Capability>((value) => typeof value === 'object' && value !== null)).optional(),
  grant: z.custom<GrantPolicy>(isFunction).optional(),
}) as never; // as above

/** Makes the paths of a configuration absolute. */
export function resolvePaths(config: Config, cwd: string): Config {
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(cwd, path));
  const { extensions, packageJson, snapshots } = config;
  return {
    ...config,
    extensions: absolute(extensions),
    ...(packageJson === undefined ? {} : { packageJson: absolute(packageJson) }),
    ...(snapshots === undefined ? {} : { snapshots: absolute(snapshots) }),
  };
}
