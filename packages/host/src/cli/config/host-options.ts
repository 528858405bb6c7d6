import { serverFields } from '../../options/service-options.js';
import type { ServerOptions } from '../../service/contract.js';
import type { HostOptions } from '../../types.js';
import type { Config, ServiceConfig } from './schema.js';

/** What a configuration means for the host, its folder of extensions left out. */
export function toHostOptions({ extensions: _folder, service: _service, ...options }: Config): HostOptions {
  return options;
}

/** What a configuration means for the server. */
export function toServerOptions(service: ServiceConfig): ServerOptions {
  return Object.fromEntries(Object.keys(serverFields).map((key) => [key, service[key as keyof ServerOptions]]));
}
