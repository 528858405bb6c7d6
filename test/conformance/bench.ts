import { createHost, type Host } from '../../packages/host/src/host.js';
import type { ExtensionInfo, HostOptions, LoadOptions, LogEntry } from '../../packages/host/src/types.js';
import { openFleet } from '../fleet/open-fleet.js';
import { startUpstream, type Upstream } from './upstream.js';

/** Where guests run, and what they keep between calls. */
export interface Mode {
  pool: 'inline' | 'threads' | 'runner';
  isolation: 'pristine' | 'persistent';
}

export type Scopes = Record<string, unknown>;
export type Type = 'endpoint' | 'hook' | 'operation';

/** An error that no caller got. */
export interface Reported {
  error: Error;
  extension?: string;
  event?: string;
}

/** The grant of a row that does not say otherwise. */
export const ALL_SCOPES: Scopes = {
  log: {},
  sleep: {},
  request: { urls: ['http://allowed.test:*/*'], methods: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] },
};

/** A host in one mode, with an upstream on loopback, and what rows do with it. */
export interface Bench extends AsyncDisposable {
  readonly mode: Mode;
  readonly host: Host;
  readonly upstream: Upstream;
  readonly logs: LogEntry[];
  readonly reported: Reported[];
  /** Loads a source under a name of its own; disposing unloads it. */
  load(type: Type, source: string, options?: LoadRowOptions): Promise<Loaded>;
  /** Another host in the same mode, for a row that needs an option. */
  open(options: HostOptions): Promise<Bench>;
}

export interface LoadRowOptions extends Pick<LoadOptions, 'limits'> {
  scopes?: Scopes;
  name?: string;
}

export interface Loaded extends AsyncDisposable {
  name: string;
  info: ExtensionInfo;
}

/** The package.json of an extension; `extra` is laid over its `directus:extension`. */
export function packageJson(
  name: string,
  type: Type,
  scopes: Scopes = {},
  extra: object = {},
): Record<string, unknown> {
  const path = type === 'operation' ? { app: 'dist/app.js', api: 'dist/api.js' } : 'dist/index.js';
  const sandbox = { enabled: true, requestedScopes: scopes };
  return {
    name,
    version: '1.0.0',
    'directus:extension': { type, path, source: path, host: '^10.0.0', sandbox, ...extra },
  };
}

export async function openBench(mode: Mode, options: HostOptions = {}): Promise<Bench> {
  const upstream = await startUpstream();
  const logs: LogEntry[] = [];
  const reported: Reported[] = [];
  const fleet = mode.pool === 'runner' ? await openFleet() : undefined;
  await fleet?.startRunner('runner');
  const host = await (fleet?.openHost ?? createHost)({
    isolation: mode.isolation,
    pool: mode.pool === 'inline' ? 'inline' : { maxThreads: 2 },
    request: { lookup: upstream.lookup, allowAddresses: ['127.0.0.1'] },
    logConsole: true,
    onLog: (entry) => void logs.push(entry),
    onError: (error, context) => void reported.push({ error, ...context }),
    ...options,
  });
  let count = 0;
  return {
    mode,
    host,
    upstream,
    logs,
    reported,
    async load(type, source, { scopes = ALL_SCOPES, name = `row-${++count}`, limits = {} } = {}) {
      const info = await host.load({ manifest: packageJson(name, type, scopes), source }, { limits });
      return { name, info, [Symbol.asyncDispose]: () => host.unload(name) };
    },
    open: (more) => openBench(mode, more),
    async [Symbol.asyncDispose]() {
      await host.close();
      await fleet?.[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}
