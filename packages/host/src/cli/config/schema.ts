import { isAbsolute, resolve } from 'node:path';

import type { Isolation, Limits } from '@sandglass/core';
import * as z from 'zod/mini';

import { count, flag, group, list, maybe, object, text, withDefault } from '../../options/fields.js';
import { poolSchema, requestData, sharedFields } from '../../options/host-options.js';
import { type CompleteServerOptions, serverFields, serviceFields } from '../../options/service-options.js';
import type { PoolOptions } from '../../pool/pool-options.js';
import type { HostOptions, RequestOptions } from '../../types.js';

/**
 * How the service listens, what it takes and what it logs. The operator's page says what each is
 * for.
 */
export interface ServiceConfig extends CompleteServerOptions {
  token?: string | undefined;
  metrics: boolean;
  metricsSummaries: boolean;
  metricsToken?: string | undefined;
  status: boolean;
  processes: number;
  mustLoad: boolean;
  watch: boolean;
  corsOrigins: string[];
  corsCredentials: boolean;
  maxConcurrentRequests: number;
  graceMs: number;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  logFormat: 'auto' | 'json' | 'pretty';
  accessLog: boolean;
}

/** Servers of the fleet and the name of this node: `FleetOptions` without groups and bounds. */
export interface FleetConfig {
  servers?: string[] | undefined;
  name?: string | undefined;
  prefix?: string | undefined;
  user?: string | undefined;
  password?: string | undefined;
  token?: string | undefined;
  nkeyFile?: string | undefined;
  credsFile?: string | undefined;
  caFile?: string | undefined;
  certFile?: string | undefined;
  keyFile?: string | undefined;
}

type FromHost = 'include' | 'exclude' | 'packageJson' | 'snapshots' | 'capabilities' | 'grant';

/** A configuration with every default filled in. */
export interface Config extends Pick<HostOptions, FromHost> {
  extensions: string;
  isolation: Isolation;
  /** null removes `process` and `console` from the guests' globals. */
  nodeEnv: string | null;
  maxBodyBytes: number;
  responseHeaders: readonly string[];
  limits: Limits;
  pool: PoolOptions;
  request: Omit<RequestOptions, 'dispatcher' | 'lookup'>;
  fleet: FleetConfig;
  service: ServiceConfig;
}

const service: z.ZodMiniType<ServiceConfig> = object<ServiceConfig>({
  ...serverFields,
  ...serviceFields,
  status: withDefault(flag, false),
  processes: withDefault(count(1, 256), 1),
  mustLoad: withDefault(flag, false),
  watch: withDefault(flag, false),
  corsOrigins: withDefault(list(text), []),
  corsCredentials: withDefault(flag, false),
  graceMs: withDefault(count(0, 600_000), 10_000),
  logLevel: withDefault(z.enum(['debug', 'info', 'warn', 'error']), 'info'),
  logFormat: withDefault(z.enum(['auto', 'json', 'pretty']), 'auto'),
  accessLog: withDefault(flag, false),
});

const fleet: z.ZodMiniType<FleetConfig> = object<FleetConfig>({
  servers: maybe(list(text)),
  name: maybe(text),
  prefix: maybe(text),
  user: maybe(text),
  password: maybe(text),
  token: maybe(text),
  nkeyFile: maybe(text),
  credsFile: maybe(text),
  caFile: maybe(text),
  certFile: maybe(text),
  keyFile: maybe(text),
});

/** Everything that the command line can be configured with; the file may hold it as it is. */
export const configSchema: z.ZodMiniType<Config> = object<Config>({
  ...sharedFields,
  extensions: withDefault(text, './extensions'),
  pool: group(poolSchema),
  request: group(object(requestData)),
  fleet: group(fleet),
  service: group(service),
});

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
