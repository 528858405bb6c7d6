import { serverFields, serviceFields } from '../../options/service-options.js';
import type { ServerOptions, ServiceOptions } from '../../service/contract.js';
import type { FleetCredentials, FleetOptions } from '../../fleet/options.js';
import type { HostOptions } from '../../types.js';
import { UsageError } from '../usage-error.js';
import type { Config, ServiceConfig } from './schema.js';

/** The host's options in a configuration, without its folder of extensions and its fleet. */
export function toHostOptions({ extensions: _folder, service: _service, fleet: _fleet, ...rest }: Config): HostOptions {
  return rest;
}

/**
 * The fleet's options in a configuration; undefined if it names no server.
 *
 * @throws {UsageError} for credentials of two kinds, or half of one.
 */
export function toFleetOptions({ fleet }: Config): FleetOptions | undefined {
  const { servers, name, prefix, user, password, token, nkeyFile, credsFile, caFile, certFile, keyFile } = fleet;
  if (servers === undefined || servers.length === 0) return undefined;
  const kinds: FleetCredentials[] = [
    ...(user !== undefined && password !== undefined ? [{ user, password }] : []),
    ...(token === undefined ? [] : [{ token }]),
    ...(nkeyFile === undefined ? [] : [{ nkeyFile }]),
    ...(credsFile === undefined ? [] : [{ credsFile }]),
  ];
  if (kinds.length > 1 || (user === undefined) !== (password === undefined))
    throw new UsageError('The fleet takes a user with a password, a token, an nkey file or a creds file: one of them');
  const tls = [caFile, certFile, keyFile].some((file) => file !== undefined)
    ? { caFile, certFile, keyFile }
    : undefined;
  return { servers, name, prefix, credentials: kinds[0], tls };
}

/**
 * The fleet's options in a configuration, for a command that needs a fleet.
 *
 * @throws {UsageError} as {@link toFleetOptions}, and if there is none.
 */
export function requireFleetOptions(config: Config): FleetOptions {
  const options = toFleetOptions(config);
  if (!options) throw new UsageError('No fleet is given: --fleet nats://host:port, or SANDGLASS_FLEET');
  return options;
}

/** The server's options in a configuration. */
export function toServerOptions(service: ServiceConfig): ServerOptions {
  return pick(service, serverFields);
}

/** The service's options in a configuration, without its status page and its peers. */
export function toServiceOptions({ service, maxBodyBytes }: Config): ServiceOptions {
  return { ...pick(service, serviceFields), maxBodyBytes };
}

function pick<Key extends keyof ServiceConfig>(
  service: ServiceConfig,
  fields: Record<Key, unknown>,
): Pick<ServiceConfig, Key> {
  const entries = Object.keys(fields).map((key) => [key, service[key as Key]]);
  return Object.fromEntries(entries) as Pick<ServiceConfig, Key>;
}
