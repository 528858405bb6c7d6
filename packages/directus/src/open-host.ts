import type { LoadOptions } from '@sandglass/host';

import { createDirectusHost, type DirectusHost, readOptions } from './create-host.js';
import type { DirectusModules } from './directus.js';
import { print } from './run-script/print.js';

/** A host, and the limits of extensions and of Run Script. */
export interface OpenHost extends DirectusHost {
  limits: NonNullable<LoadOptions['limits']>;
  scriptLimits: NonNullable<LoadOptions['limits']>;
}

let directus: DirectusModules | undefined;
let opened: Promise<OpenHost> | undefined;

/** Sets the Directus that this process runs. */
export function useDirectus(modules: DirectusModules): void {
  directus = modules;
}

/** The host of this process, opened when it is first asked for, and again if that failed. */
export function openHost(): Promise<OpenHost> {
  opened ??= openOrForget();
  return opened;
}

async function openOrForget(): Promise<OpenHost> {
  try {
    if (!directus) throw new Error('No Directus is known');
    return await open(directus);
  } catch (error) {
    opened = undefined;
    throw error;
  }
}

async function open(modules: DirectusModules): Promise<OpenHost> {
  const { directus, api, schema, services } = modules;
  const env = modules.env.useEnv();
  const logger = modules.logger.useLogger();
  const { FLOWS_RUN_SCRIPT_MAX_MEMORY: memory, FLOWS_RUN_SCRIPT_TIMEOUT: timeMs } = env;
  const options = await readOptions(env);
  const scripts = await readOptions({ ...env, EXTENSIONS_SANDBOX_MEMORY: memory, EXTENSIONS_SANDBOX_TIMEOUT: timeMs });
  const limits = options.limits ?? {};
  const scriptLimits = scripts.limits ?? {};
  logger.info(`Sandglass runs sandboxed extensions and scripts (Directus ${directus.version}, API ${api.version})`);
  const made = await createDirectusHost(
    { env, logger, getSchema: schema.getSchema, services },
    {
      ...options,
      limits: {
        ...limits,
        memoryLimitBytes: Math.max(limits.memoryLimitBytes ?? 0, scriptLimits.memoryLimitBytes ?? 0),
        cpuTimeMs: Math.max(limits.cpuTimeMs ?? 0, scriptLimits.cpuTimeMs ?? 0),
      },
      capabilities: [...(options.capabilities ?? []), print],
    },
  );
  return { ...made, limits, scriptLimits };
}
