import { isSandglassError, type Registration, SandglassError } from '@sandglass/core';
import { compileEngine } from '@sandglass/worker/compile';

import { createCaller, type Caller } from './routing/caller.js';
import { type Capabilities, createCapabilities } from './capabilities/registry.js';
import { type EndpointsOptions, serveEndpoint } from './routing/serve-endpoint.js';
import { Catalog } from './catalog.js';
import type { Extension, ExtensionOrigin } from './extensions/extension.js';
import type { Fleet } from './fleet/contract.js';
import { createFleetHost } from './fleet/fleet-host.js';
import { type Membership, openMembership } from './fleet/membership.js';
import { openExtension, type OpenOptions } from './extensions/open-extension.js';
import { scanFolder } from './extensions/scan-folder.js';
import { runActions, runFilters } from './routing/run-hooks.js';
import type { Host } from './host-contract.js';
import { connectCapabilities } from './connect-capabilities.js';
import { runOperation } from './routing/run-operation.js';
import { askEndpoint, runRegistration } from './routing/run-registration.js';
import { checkCall, checkNames } from './options/call-options.js';
import { checkOptions } from './options/check-options.js';
import { checkLoad, type CompleteHostOptions, delayMs, hostSchema, listenerType } from './options/host-options.js';
import type { HostParts } from './host-parts.js';
import type { Pool } from './pool/contract.js';
import { createPool } from './pool/create-pool.js';
import { observe, type Traces } from './telemetry/observe.js';
import { tellBackground } from './telemetry/tell-background.js';
import type { PoolStats } from './pool/stats/stats.js';
import { createErrorReport, type ReportError } from './routing/report-error.js';
import { createResponse } from './routing/endpoint-response.js';
import { toErrorResponse } from './routing/error-response.js';
import { withSnapshots } from './snapshots/with-snapshots.js';
import type {
  CallOptions,
  EndpointAnswer,
  ExtensionInfo,
  ExtensionSource,
  HostOptions,
  LoadOptions,
  ParsedRequest,
} from './types.js';

export type { Host };

/** How long `close` waits for calls in flight. */
const CLOSE_DEADLINE_MS = 5_000;
/** Extensions of a folder that are read and evaluated at once. */
const LOADED_AT_ONCE = 8;

/**
 * Makes a host, and loads its folder of extensions if it has one, and the catalogue of its fleet.
 *
 * @throws {TypeError} for an option that is unknown or cannot be used. It names the option, its
 *   value and what is allowed.
 * @throws {SandglassError} `E_NOT_FOUND` if the folder does not exist, `E_WORKER_LOST` if it has
 *   extensions and not one worker to load them could be started, after about 1.5 s of trying,
 *   `E_FLEET` or `E_FLEET_DENIED` if the fleet cannot be joined.
 */
export function createHost(options: HostOptions = {}): Promise<Host> {
  const wasm = compileEngine(); // while the rest is made ready
  wasm.catch(() => {}); // told by the pool, if it comes to that
  return buildHost(options, { createPool: (poolOptions) => createPool({ ...poolOptions, wasm }) });
}

/** {@link createHost} of given parts. */
export async function buildHost(given: HostOptions, parts: HostParts): Promise<Host> {
  const options = checkOptions('options of createHost', hostSchema, given);
  const membership = await openMembership(options.fleet);
  const host = await SandglassHost.create(options, parts, membership).catch(async (error) => {
    await membership.close();
    throw error;
  });
  try {
    if (options.extensions !== undefined) await host.loadFolder(options.extensions);
    await host.joinFleet();
    host.assertStarted();
    return host;
  } catch (error) {
    await host.close(0);
    throw error;
  }
}

class SandglassHost implements Host {
  readonly #options: CompleteHostOptions;
  readonly #openOptions: OpenOptions;
  readonly #capabilities: Capabilities;
  readonly #pool: Pool;
  readonly #catalog: Catalog;
  readonly #caller: Caller;
  readonly #report: ReportError;
  readonly #endpoints: EndpointsOptions;
  readonly #membership: Membership;
  readonly #traces: Traces;
  #lastId = 0;
  #closing: Promise<void> | undefined;

  static async create(options: CompleteHostOptions, parts: HostParts, membership: Membership): Promise<SandglassHost> {
    const { capabilities: custom, request, onLog, logConsole, pool: poolOptions } = options;
    const { onAudit, ...observers } = observe(options);
    const { onCall, traces } = observers;
    const report = createErrorReport(options.onError);
    const capabilities = (parts.createCapabilities ?? createCapabilities)({
      custom,
      request,
      onLog,
      logConsole,
      onAudit,
      onFailure: (message, cause, { extension, callId }) =>
        report(new SandglassError('E_GUEST', message, { cause, extension, callId }), { extension }),
    });
    const versions = new Map<number, Extension>();
    const connected = connectCapabilities(capabilities, (id) => versions.get(id), traces);
    const registrationsOf = (id: number): readonly Registration[] | undefined => versions.get(id)?.registrations;
    const onBackground = tellBackground({ log: capabilities.log, onCall, registrationsOf });
    const openRemote = membership.fleet?.openRemote;
    const startsAtOnce = options.extensions !== undefined;
    const poolParts = { pool: poolOptions, onBackground, openRemote, startsAtOnce };
    const pool = await parts.createPool({ ...connected, ...poolParts });
    const sources = { given: parts.snapshots, folder: options.snapshots, fleet: membership.fleet };
    const catalog = new Catalog(withSnapshots(pool, sources, report), capabilities, versions);
    const caller = createCaller(pool, observers);
    const made = { pool, catalog, caller, membership, traces };
    return new SandglassHost(options, { ...options, capabilities }, made);
  }

  private constructor(
    options: CompleteHostOptions,
    openOptions: OpenOptions,
    parts: { pool: Pool; catalog: Catalog; caller: Caller; membership: Membership; traces: Traces },
  ) {
    this.#options = options;
    this.#openOptions = openOptions;
    this.#capabilities = openOptions.capabilities;
    this.#pool = parts.pool;
    this.#catalog = parts.catalog;
    this.#caller = parts.caller;
    this.#membership = parts.membership;
    this.#traces = parts.traces;
    this.#report = createErrorReport(options.onError);
    this.#endpoints = {
      router: parts.catalog.router,
      caller: parts.caller,
      maxBodyBytes: options.maxBodyBytes,
      allowedHeaders: new Set(options.responseHeaders.map((name) => name.toLowerCase())),
      onError: this.#report,
      createResponse: options.createResponse ?? createResponse,
    };
  }

  get extensions(): readonly ExtensionInfo[] {
    return this.#catalog.extensions.map(({ info }) => info);
  }

  async load(from: string | ExtensionSource, options: LoadOptions = {}): Promise<ExtensionInfo> {
    checkLoad(from, options);
    const extension = await this.#open({ from, options });
    await this.#catalog.add(extension);
    return extension.info;
  }

  async #open(origin: ExtensionOrigin): Promise<Extension> {
    this.#assertOpen();
    return openExtension(++this.#lastId, origin, this.#openOptions);
  }

  /** Loads what a folder holds, several at once, and registers them in the order of the folder. */
  async loadFolder(folder: string): Promise<void> {
    const folders = await scanFolder(folder, this.#options, this.#options.onSkip);
    for (let i = 0; i < folders.length; i += LOADED_AT_ONCE) {
      const opened = await Promise.all(folders.slice(i, i + LOADED_AT_ONCE).map((from) => this.#openOrReport(from)));
      let previous: Promise<unknown> = Promise.resolve();
      for (const extension of opened.filter((one) => one !== undefined)) {
        const added = this.#catalog
          .add(extension, { previous, keepFailed: true })
          .catch((error: unknown) => this.#report(error, { extension: extension.name }));
        previous = Promise.all([previous, added]); // a failure waits for none before it
      }
      await previous;
    }
  }

  joinFleet(): Promise<void> {
    const open = (origin: ExtensionOrigin): Promise<Extension> => this.#open(origin);
    const [pool, catalog, caller] = [this.#pool, this.#catalog, this.#caller];
    const [report, traces] = [this.#report, this.#traces];
    return this.#membership.join(createFleetHost({ open, pool, catalog, caller, report, traces }));
  }

  get fleet(): Fleet | undefined {
    return this.#membership.fleet;
  }

  assertStarted(): void {
    this.#pool.assertStarted();
  }

  #openOrReport(from: string): Promise<Extension | undefined> {
    return this.#open({ from, options: {} }).catch((error: unknown) => {
      const extension = isSandglassError(error) ? error.extension : undefined;
      this.#report(error, extension === undefined ? {} : { extension });
      return undefined;
    });
  }

  async reload(name: string): Promise<ExtensionInfo> {
    checkCall(undefined, 'name', name);
    this.#assertOpen();
    const extension = await this.#catalog.replace(name, ({ origin }) => this.#open(origin));
    return extension.info;
  }

  async unload(name: string): Promise<void> {
    checkCall(undefined, 'name', name);
    this.#assertOpen();
    await this.#catalog.remove(name);
  }

  handles(event: string, type?: 'filter' | 'action'): boolean {
    checkCall(undefined, 'event', event);
    checkOptions('argument of host.handles', listenerType, type, 'type');
    const types = type === undefined ? (['filter', 'action'] as const) : [type];
    return types.some((one) => this.#catalog.hooks.listeners(one, event).length > 0);
  }

  fetch(request: Request, call?: CallOptions): Promise<Response> {
    if (this.#closing) return Promise.resolve(toErrorResponse(closed()));
    return serveEndpoint(request, call, this.#endpoints);
  }

  async operation(id: string, options: unknown = {}, call?: CallOptions): Promise<unknown> {
    checkCall(call, 'id', id);
    this.#assertOpen();
    return runOperation(id, options, call, { operations: this.#catalog.operations, caller: this.#caller });
  }

  async filter(event: string, payload: unknown, call?: CallOptions): Promise<unknown> {
    checkCall(call, 'event', event);
    this.#assertOpen();
    return runFilters(event, payload, call, { hooks: this.#catalog.hooks, caller: this.#caller });
  }

  async action(event: string, meta: object = {}, call?: CallOptions): Promise<void> {
    checkCall(call, 'event', event);
    if (typeof meta !== 'object' || meta === null)
      throw new TypeError('Invalid meta of an action: it has to be an object');
    this.#assertOpen();
    const onError = (cause: unknown, extension: string): void => {
      const error = new Error(`An error was thrown while executing action "${event}"`, { cause });
      const { requestId } = call ?? {};
      this.#report(error, { extension, event, ...(requestId !== undefined && { requestId }) });
    };
    await runActions(event, meta, call, { hooks: this.#catalog.hooks, caller: this.#caller, onError });
  }

  async run(extension: string, handler: number, argument: unknown, call?: CallOptions): Promise<unknown> {
    checkCall(call, 'extension', extension);
    this.#assertOpen();
    return runRegistration(this.#catalog.ready(extension), { handler, argument }, call, this.#endpoints);
  }

  async endpoint(request: ParsedRequest, call?: CallOptions): Promise<EndpointAnswer | undefined> {
    checkCall(call, 'request.url', (request as Partial<ParsedRequest> | undefined)?.url);
    this.#assertOpen();
    return askEndpoint(request, call, this.#endpoints);
  }

  stats(names?: readonly string[]): PoolStats {
    checkNames(names);
    return this.#pool.stats(names);
  }

  async close(deadlineMs: number = CLOSE_DEADLINE_MS): Promise<void> {
    checkOptions('argument of host.close', delayMs, deadlineMs, 'deadlineMs');
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    try {
      await this.#membership.leave();
      await this.#pool.close(deadlineMs); // calls on runners still come to their end
    } finally {
      await this.#membership.close();
      await this.#capabilities.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(): void {
    if (this.#closing) throw closed();
  }
}

const closed = (): SandglassError => new SandglassError('E_CLOSED', 'The host is closed');
