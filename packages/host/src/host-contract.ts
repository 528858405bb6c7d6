import type { Fleet } from './fleet/contract.js';
import type { PoolStats } from './pool/stats/stats.js';
import type {
  CallOptions,
  EndpointAnswer,
  ExtensionInfo,
  ExtensionSource,
  LoadOptions,
  ParsedRequest,
} from './types.js';

/** Runs extensions. Made by `createHost`. */
export interface Host extends AsyncDisposable {
  /**
   * The extensions that are loaded, being loaded or unloaded, and those of the folder that failed.
   */
  readonly extensions: readonly ExtensionInfo[];
  /** Its place in a fleet, if it has one. */
  readonly fleet: Fleet | undefined;
  /**
   * Loads an extension from its folder, or one given in memory.
   *
   * @throws {SandglassError} `E_MANIFEST`, `E_NOT_FOUND`, `E_LOAD` (a taken name too), or the limit
   *   that ended the load.
   * @throws {TypeError} for an argument or an option that cannot be used.
   */
  load(extension: string | ExtensionSource, options?: LoadOptions): Promise<ExtensionInfo>;
  /** Loads an extension again. Calls in flight finish on the old code, as do all if it fails. */
  reload(name: string): Promise<ExtensionInfo>;
  /** Takes an extension out of service, once its calls in flight have finished. */
  unload(name: string): Promise<void>;
  /** Whether an extension listens to an event, with a filter or an action. */
  handles(event: string, type?: 'filter' | 'action'): boolean;
  /**
   * Answers a request with an endpoint, mounted at `/<package name>`. A failure is a response too:
   * it rejects only with a TypeError, for arguments that cannot be used.
   */
  fetch(request: Request, call?: CallOptions): Promise<Response>;
  /** Runs an operation. The result is a copy, as `JSON.parse(JSON.stringify(result))` makes it. */
  operation(id: string, options?: unknown, call?: CallOptions): Promise<unknown>;
  /** Runs the filters of an event in their order, and returns what they made of the payload. */
  filter(event: string, payload: unknown, call?: CallOptions): Promise<unknown>;
  /**
   * Runs the actions of an event side by side; resolves when all have ended, also if some failed.
   */
  action(event: string, meta?: object, call?: CallOptions): Promise<void>;
  /**
   * Runs one registration, for a host that has routes, events or flows of its own.
   *
   * @param handler of the registration, see `ExtensionInfo.registrations`.
   * @param argument of a route `{ url, headers, body }`, of an action with its event.
   * @returns what the handler gave: of an operation what JSON leaves of it, of a route an
   *   `EndpointAnswer`.
   * @throws {SandglassError} `E_NOT_FOUND` for what is not loaded, and whatever ends the call.
   */
  run(extension: string, handler: number, argument: unknown, call?: CallOptions): Promise<unknown>;
  /**
   * Asks an endpoint, mounted at `/<package name>`, for its answer as a value.
   *
   * @returns undefined if no route matches: a 404 that is an answer is the guest's own.
   * @throws {SandglassError} whatever ends the call.
   */
  endpoint(request: ParsedRequest, call?: CallOptions): Promise<EndpointAnswer | undefined>;
  /** @param names extensions to tell of; only their durations count. @default all of them */
  stats(names?: readonly string[]): PoolStats;
  /**
   * Takes no more calls, waits for those in flight and frees everything.
   *
   * @param deadlineMs after which they get `E_CLOSED`. @default 5_000
   */
  close(deadlineMs?: number): Promise<void>;
}
