import { isSandglassError } from '@sandglass/core';

import type { Env, EventContext, Logger } from '../directus.js';
import { openHost, type OpenHost } from '../open-host.js';
import { SOURCE } from './guest.js';

/** What Directus hands to an operation beside its options. */
interface FlowContext extends EventContext {
  data: Readonly<Record<string, unknown>>;
  env: Env;
  logger: Logger;
}

const NAME = 'sandglass-run-script';
const path = { app: 'app.js', api: 'index.js' };
const sandbox = { enabled: true, requestedScopes: { print: {} } };
const manifest = {
  name: NAME,
  version: '1.0.0',
  'directus:extension': { type: 'operation', path, source: path, host: '*', sandbox },
};

let loaded: Promise<OpenHost['host']> | undefined;

/** Run Script, in the place of Directus' own. */
const operation: {
  id: string;
  handler(options: { code: string }, context: FlowContext): Promise<unknown>;
} = {
  id: 'exec',
  async handler({ code }, { data, logger }) {
    const host = await (loaded ??= load());
    const argument = { code, data: withoutFunctions(data), env: data['$env'] ?? {} };
    try {
      return await host.run(NAME, 0, argument, { context: { logger } });
    } catch (error) {
      throw isSandglassError(error) && error.code === 'E_GUEST' && error.cause !== undefined ? error.cause : error;
    }
  },
};
export default operation;

async function load(): Promise<OpenHost['host']> {
  try {
    const { host, scriptLimits } = await openHost();
    await host.load({ manifest, source: SOURCE }, { limits: scriptLimits });
    return host;
  } catch (error) {
    loaded = undefined; // the next one tries again
    throw error;
  }
}

/** A copy of plain objects and lists without functions, which cannot be copied into a sandbox. */
function withoutFunctions(value: unknown): unknown {
  if (typeof value === 'function') return undefined;
  if (Array.isArray(value)) return value.map(withoutFunctions);
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  const entries = Object.entries(value).filter(([, one]) => typeof one !== 'function');
  return Object.fromEntries(entries.map(([key, one]) => [key, withoutFunctions(one)]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
