import type * as z from 'zod/mini';

import type { Host } from '../host.js';
import type { ServerOptions, Service, ServiceOptions } from '../service/contract.js';
import { checkOptions } from './check-options.js';
import { bodyBytes, count, type Fields, flag, maybe, object, text, token, withDefault, withMethods } from './fields.js';

/** Options of a server with its defaults filled in. */
export type CompleteServerOptions = { [Key in keyof ServerOptions]-?: NonNullable<ServerOptions[Key]> };

/** What `startServer` takes. */
export const serverFields: Fields<CompleteServerOptions> = {
  port: withDefault(count(0, 65_535), 3_000),
  hostname: withDefault(text, '127.0.0.1'),
  maxConnections: withDefault(count(1, 1_000_000), 10_000),
  maxHeaderBytes: withDefault(count(1_024, 1_048_576), 16_384),
  headersTimeoutMs: withDefault(count(1, 600_000), 10_000),
  receiveTimeoutMs: withDefault(count(1, 600_000), 60_000),
  keepAliveTimeoutMs: withDefault(count(1, 600_000), 5_000),
  sendTimeoutMs: withDefault(count(1, 600_000), 60_000),
  maxUnsentBytes: withDefault(count(65_536, 2 ** 40), 134_217_728),
};

/** Options of a service with its defaults filled in. */
export interface CompleteServiceOptions extends ServiceOptions {
  maxBodyBytes: number;
  maxConcurrentRequests: number;
  metrics: boolean;
  metricsSummaries: boolean;
}

/**
 * What `createService` takes, the status page, other processes and the limit that it shares with
 * the host left out.
 */
export const serviceFields: Fields<Omit<CompleteServiceOptions, 'maxBodyBytes' | 'status' | 'peers'>> = {
  token: maybe(token),
  metrics: withDefault(flag, true),
  metricsSummaries: withDefault(flag, false),
  metricsToken: maybe(token),
  maxConcurrentRequests: withDefault(count(1, 1_000_000), 1_000),
};

const serverSchema: z.ZodMiniType<CompleteServerOptions> = object(serverFields);
const serviceSchema: z.ZodMiniType<CompleteServiceOptions> = object<CompleteServiceOptions>({
  ...serviceFields,
  maxBodyBytes: withDefault(bodyBytes, 1_048_576),
  status: maybe(withMethods(['fetch'], 'a page made by createStatus().attach(host)')),
  peers: maybe(withMethods(['report', 'reload'], 'the processes of a service')),
});
const host: z.ZodMiniType<Host> = withMethods(['fetch'], 'a host');
const service: z.ZodMiniType<Service> = withMethods(['fetch', 'drain', 'countUnsent'], 'a service');

/** Checks what `createService` takes. @throws {TypeError} */
export function checkServiceOptions(of: Host, options: ServiceOptions): CompleteServiceOptions {
  checkOptions('argument of createService', host, of, 'the host');
  return checkOptions('options of createService', serviceSchema, options);
}

/** Checks what `startServer` takes. @throws {TypeError} */
export function checkServerOptions(served: Service, of: Host, options: ServerOptions): CompleteServerOptions {
  checkOptions('argument of startServer', service, served, 'the service');
  checkOptions('argument of startServer', host, of, 'the host');
  return checkOptions('options of startServer', serverSchema, options);
}
