import { createHost, formatForTerminal, type Host, type HostOptions, type LoadOptions } from '@sandglass/host';
import { readHostOptions } from '@sandglass/host/config';

import type { DirectusModules, Env, Logger } from './directus.js';
import { createItems } from './items/items.js';
import { print } from './run-script/print.js';

/** A host, and the limits of extensions and of Run Script. */
export interface OpenHost {
  host: Host;
  limits: NonNullable<LoadOptions['limits']>;
  scriptLimits: NonNullable<LoadOptions['limits']>;
}

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

let directus: DirectusModules | undefined;
let opened: Promise<OpenHost> | undefined;

/** Sets the Directus that this process runs. */
export function useDirectus(modules: DirectusModules): void {
  directus = modules;
}

/** The host of this process, opened when it is first asked for. */
export function openHost(): Promise<OpenHost> {
  opened ??= directus ? open(directus) : Promise.reject(new Error('No Directus is known'));
  return opened;
}

async function open(modules: DirectusModules): Promise<OpenHost> {
  const env = modules.env.useEnv();
  const logger = modules.logger.useLogger();
  const options = await readHostOptions({ env: pick(env), cwd: process.cwd() });
  const scripts = await readHostOptions({ env: pickForScripts(env), cwd: process.cwd() });
  const limits = options.limits ?? {};
  const scriptLimits = scripts.limits ?? {};
  const { directus, api } = modules;
  logger.info(`Sandglass runs sandboxed extensions and scripts (Directus ${directus.version}, API ${api.version})`);
  const host = await createHost({
    ...options,
    limits: {
      ...limits,
      memoryLimitBytes: Math.max(limits.memoryLimitBytes ?? 0, scriptLimits.memoryLimitBytes ?? 0),
      cpuTimeMs: Math.max(limits.cpuTimeMs ?? 0, scriptLimits.cpuTimeMs ?? 0),
    },
    request: { ...options.request, allowAddresses: EVERY_ADDRESS },
    capabilities: [...(options.capabilities ?? []), ...createItems(modules), print],
    grant: grantItems(options.grant, namesOf(env[ITEMS])),
    ...sinks(logger),
  });
  return { host, limits, scriptLimits };
}

/** As text, which `readHostOptions` reads like any environment. */
function pick(env: Env): Record<string, string> {
  const entries = Object.entries(env).filter(
    ([name, value]) =>
      (VARIABLES.has(name) || (name.startsWith('SANDGLASS_') && name !== ITEMS)) &&
      value !== undefined &&
      value !== null,
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** Run Script has variables of its own for memory and time. */
function pickForScripts(env: Env): Record<string, string> {
  const { FLOWS_RUN_SCRIPT_MAX_MEMORY: memory, FLOWS_RUN_SCRIPT_TIMEOUT: timeMs } = env;
  return pick({ ...env, EXTENSIONS_SANDBOX_MEMORY: memory, EXTENSIONS_SANDBOX_TIMEOUT: timeMs });
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

function sinks(logger: Logger): Pick<HostOptions, 'onLog' | 'onError'> {
  return {
    onLog: ({ extension, callId, level, message }) => logger[level]({ extension, callId }, message),
    onError: (error, context) => logger.error({ ...context, err: error }, formatForTerminal(error.message)),
  };
}
