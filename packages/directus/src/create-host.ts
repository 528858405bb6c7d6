import { createHost, formatForTerminal, type Host, type HostOptions } from '@sandglass/host';
import { readHostOptions } from '@sandglass/host/config';
import type { Status, StatusPage } from '@sandglass/host/service';

import type { DirectusParts, Env, Logger } from './directus.js';
import { createItems } from './items/items.js';

/** Variables of Directus' environment that are about its sandbox; `SANDGLASS_*` are read too. */
const VARIABLES: ReadonlySet<string> = new Set([
  'EXTENSIONS_SANDBOX_MEMORY',
  'EXTENSIONS_SANDBOX_TIMEOUT',
  'IMPORT_IP_DENY_LIST',
]);

/** Names of the packages that may have `items`, with commas. */
const ITEMS = 'SANDGLASS_ITEMS';

/** Directus refuses no address but those of its list. */
const EVERY_ADDRESS = ['0.0.0.0/0', '::/0'];

/** A host in a Directus, and its status page if the operator asks for it. */
export interface DirectusHost {
  host: Host;
  status: StatusPage | undefined;
}

/** Reads what an environment of Directus says of a host. */
export function readOptions(env: Env): Promise<HostOptions> {
  const entries = Object.entries(env).filter(
    ([name, value]) =>
      (VARIABLES.has(name) || (name.startsWith('SANDGLASS_') && name !== ITEMS)) &&
      value !== undefined &&
      value !== null,
  );
  // as text, which is read like any environment
  return readHostOptions({
    env: Object.fromEntries(entries.map(([name, value]) => [name, String(value)])),
    cwd: process.cwd(),
  });
}

/** Makes a host that logs to Directus, requests as Directus does, and has items for guests. */
export async function createDirectusHost(directus: DirectusParts, options: HostOptions): Promise<DirectusHost> {
  const { env } = directus;
  const status = isOn(env['SANDGLASS_STATUS']) ? (await import('@sandglass/host/service')).createStatus() : undefined;
  const host = await createHost({
    ...options,
    request: { ...options.request, allowAddresses: EVERY_ADDRESS },
    capabilities: [...(options.capabilities ?? []), ...createItems(directus)],
    grant: grantItems(options.grant, namesOf(env[ITEMS])),
    ...sinks(() => directus.logger, status),
  });
  return { host, status: status?.attach(host) };
}

/** Directus' own variables are typed, those of a process are text. */
export function isOn(value: unknown): boolean {
  return ['true', '1', 'yes'].includes(String(value));
}

function namesOf(value: unknown): ReadonlySet<string> {
  const names = Array.isArray(value) ? value.map(String) : String(value ?? '').split(',');
  return new Set(names.map((name) => name.trim()));
}

/** Items are off for every extension that the operator has not named. */
function grantItems(policy: HostOptions['grant'], named: ReadonlySet<string>): NonNullable<HostOptions['grant']> {
  return async (extension, requested) => {
    const { items, ...rest } = policy ? await policy(extension, requested) : requested;
    return items === undefined || !named.has(extension.name) ? rest : { ...rest, items };
  };
}

function sinks(
  logger: () => Logger,
  status: Status | undefined,
): Pick<HostOptions, 'onLog' | 'onError' | 'onCall' | 'onAudit'> {
  return {
    ...status?.sinks,
    onLog(entry) {
      const { extension, callId, level, message } = entry;
      logger()[level]({ extension, callId }, message);
      return status?.sinks.onLog(entry);
    },
    onError(error, context) {
      logger().error({ ...context, err: error }, formatForTerminal(error.message));
      status?.sinks.onError(error, context);
    },
  };
}
