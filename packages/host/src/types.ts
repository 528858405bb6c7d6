import type {
  ErrorCode,
  Isolation,
  Limits,
  LimitsInput,
  Registration,
  SandboxType,
  SandglassError,
  Scopes,
} from '@sandglass/core';
import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';

import type { Capability } from './capabilities/define.js';
import type { ExtensionSource } from './extensions/extension-source.js';
import type { Fleet } from './fleet/contract.js';
import type { FleetOptions } from './fleet/options.js';
import type { PoolOptions } from './pool/pool-options.js';
import type { SkippedFolder } from './extensions/scan-folder.js';

export type * from './call-types.js';
export type { ExtensionSource, SkippedFolder };

/**
 * State of an extension: `loading`, `ready`, `failed` (see `error`), or `unloading` while calls on
 * it finish.
 */
export type ExtensionState = 'loading' | 'ready' | 'failed' | 'unloading';

/** A loaded extension, as `host.load` and `host.extensions` show it. Frozen. */
export interface ExtensionInfo {
  readonly name: string;
  readonly version: string;
  readonly type: SandboxType;
  readonly isolation: Isolation;
  readonly state: ExtensionState;
  /** Scopes that the manifest asks for. */
  readonly requested: Scopes;
  /** Scopes that the host's policy granted. */
  readonly granted: Scopes;
  readonly registrations: readonly Registration[];
  /** SHA-256 of the source, hex. */
  readonly sourceHash: string;
  readonly limits: Readonly<Limits>;
  /** What was ignored while it was read, for example a source map that is no source map. */
  readonly notes: readonly string[];
  /** Why it is `failed`. */
  readonly error?: Error;
}

export interface LoadOptions {
  /** @default the host's */
  isolation?: Isolation | undefined;
  /** Each may only lower the host's. */
  limits?: LimitsInput | undefined;
}

/** One line that an extension logged. */
export interface LogEntry {
  extension: string;
  callId: number;
  /** `info` for `log`, `debug` for the guest's console, `warn` for what the host says. */
  level: 'info' | 'debug' | 'warn';
  /** As the guest gave it; `formatForTerminal` makes it safe to print. */
  message: string;
}

/** One call that has ended, as the call hook gets it. */
export interface CallEntry {
  extension: string;
  /** Absent if the call was turned away before it got one. */
  callId?: number;
  /** What ran, as it was registered. */
  registration: Registration;
  /** `ok`, or the code of the error that it ended with. */
  outcome: 'ok' | ErrorCode;
  /** What it ended with, if that is an error; the guest's stack in it is mapped. */
  error?: SandglassError;
  /** Id of the request that the call was for. */
  requestId?: string;
  /** From acceptance to the end, in milliseconds. */
  durationMs: number;
  /** Time inside the sandbox. Absent if no engine reported it. */
  cpuTimeMs?: number;
  /** Highest heap of its sandbox. Absent if it was not looked at. */
  heapBytes?: number;
  /**
   * Set in a second entry, for what the call had started and nobody awaited: how that ended, and
   * how long it took from the answer on. `cpuTimeMs` and `heapBytes` are those of the whole call.
   */
  background?: true;
}

/** One capability call, as the audit hook gets it. */
export interface AuditEntry {
  extension: string;
  callId: number;
  capability: string;
  /** Id of the request that the call was for. */
  requestId?: string;
  /** What it was aimed at: the URL of a request, else empty. */
  target: string;
  decision: 'allowed' | 'denied';
  /** Why it was denied, or the error it ended with. */
  reason?: string;
  /** HTTP status of a request, if it got that far. */
  status?: number;
  /** Bytes received, decoded. */
  bytes: number;
  durationMs: number;
}

/** Where an error comes from, as far as it is known. */
export interface ErrorContext {
  extension?: string;
  /** Of an action. */
  event?: string;
  callId?: number;
  /** Of an endpoint's request. */
  method?: string;
  /** Of an endpoint's request: the path as it was registered. */
  route?: string;
  /** The `x-request-id` that the request came with or the service gave it. */
  requestId?: string;
  /** The trace id of the request's `traceparent`. */
  traceId?: string;
}

export interface RequestOptions {
  /**
   * Replaces the built-in dispatcher, for example by an undici MockAgent. Patterns and literal
   * addresses are checked whatever it is.
   */
  dispatcher?: Dispatcher | undefined;
  /** Replaces `dns.lookup`. Its answers are checked like any other. */
  lookup?: LookupFunction | undefined;
  /**
   * Addresses, CIDR ranges or `a-b` ranges refused on top of the built-in ones; `0.0.0.0` is every
   * address of this machine.
   */
  denyAddresses?: string[] | undefined;
  /** Addresses or ranges opened although the built-in ones refuse them. `denyAddresses` wins. */
  allowAddresses?: string[] | undefined;
  /** One deadline for a request with all its redirects. 1 to 600_000. @default 100_000 */
  timeoutMs?: number | undefined;
  /** Bytes of a request's body as it is sent. 0 to 1 GiB. @default 8_388_608 */
  maxRequestBytes?: number | undefined;
  /** Bytes of a response body, compressed and decoded alike. @default 10_485_760 */
  maxResponseBytes?: number | undefined;
  /** @default 20, as fetch */
  maxRedirects?: number | undefined;
  /**
   * Requests under way at once, of all extensions; one alone gets half of them. Further ones wait.
   * 2 to 65_536. @default 256
   */
  maxRequests?: number | undefined;
  /**
   * Bytes that bodies of requests and responses hold at once, of all extensions; one alone gets
   * half of them. A request that needs more fails with `E_QUOTA`. @default 134_217_728
   */
  maxHeldBytes?: number | undefined;
}

/**
 * Narrows or refuses scopes when an extension loads. Return the scopes to grant; throw to refuse
 * the extension.
 */
export type GrantPolicy = (
  extension: { name: string; version: string; type: SandboxType },
  requested: Scopes,
) => Scopes | Promise<Scopes>;

export interface HostOptions {
  /**
   * Makes the host a node of a fleet, whose catalogue it follows: how to reach it, or what
   * `connectFleet` of `@sandglass/fleet` made, which stays its maker's to close. @default none
   */
  fleet?: Fleet | FleetOptions | undefined;
  /**
   * Folder of extensions in Directus' layout, loaded before `createHost` resolves. One that does
   * not load is told to `onError` and keeps no other from loading.
   */
  extensions?: string | undefined;
  /** picomatch patterns of package names: of the folder, only these are loaded. @default all */
  include?: readonly string[] | undefined;
  /**
   * picomatch patterns of package names that are not loaded from the folder; wins over `include`.
   * @default none
   */
  exclude?: readonly string[] | undefined;
  /**
   * `package.json` whose dependencies are looked through for extensions. @default the one beside
   * the folder
   */
  packageJson?: string | undefined;
  /** @default 'pristine' */
  isolation?: Isolation | undefined;
  limits?: LimitsInput | undefined;
  /**
   * `'inline'` stands for `{ inline: true }`.
   */
  pool?: PoolOptions | 'inline' | undefined;
  request?: RequestOptions | undefined;
  /** Capabilities beside the built-in `log`, `sleep` and `request`. */
  capabilities?: readonly Capability[] | undefined;
  /** @default grants what is requested */
  grant?: GrantPolicy | undefined;
  /**
   * Gets what guests log. While a promise that it returns is pending, the line counts as pending;
   * lines beyond an extension's share of 16 MiB, half of it if no other one logs, are dropped, and
   * the next one tells how many.
   */
  onLog?: ((entry: LogEntry) => void) | undefined;
  /** Whether what guests write to `console` reaches `onLog`, at level debug. @default false */
  logConsole?: boolean | undefined;
  onAudit?: ((entry: AuditEntry) => void) | undefined;
  /**
   * Told of every call when it has ended, and once more when what it left to be done after its
   * answer has. What it throws is dropped.
   */
  onCall?: ((entry: CallEntry) => void) | undefined;
  /**
   * Told of errors that no caller gets: an extension of the folder that did not load, an action
   * that failed, the error behind an endpoint's 500, and what the handler of a capability threw
   * that is not for the guest (its `cause`). @default one line each on stderr
   */
  onError?: ((error: Error, context: ErrorContext) => void) | undefined;
  /**
   * Told of what lies in the folder of extensions and is left out: no package, not sandboxed, or
   * there twice. @default nothing
   */
  onSkip?: (skipped: SkippedFolder) => void;
  /**
   * `NODE_ENV` that guests see; `null` removes `process` and `console` from their globals. @default
   * 'production'
   */
  nodeEnv?: string | null | undefined;
  /**
   * Bytes of a request's body that an endpoint gets; a longer one is answered with 413. @default
   * 1_048_576 (Directus: `MAX_PAYLOAD_SIZE`)
   */
  maxBodyBytes?: number | undefined;
  /**
   * Response headers an endpoint may set. @default content-type, content-disposition,
   * cache-control, etag, last-modified, location
   */
  responseHeaders?: readonly string[] | undefined;
  /**
   * Makes the responses of `host.fetch`, of bodies in UTF-8. A server may have a kind of its own
   * that it sends faster, for example srvx its `FastResponse`. @default `new Response(body, init)`
   */
  createResponse?:
    | ((
        body: Uint8Array<ArrayBuffer> | null,
        init: { status: number; headers: Headers | Record<string, string> },
      ) => Response)
    | undefined;
  /**
   * Folder of snapshots on disk, read and written. One that is damaged, or of another engine, is
   * told to `onError` and replaced; the extension is evaluated then. Keep the folder as safe as the
   * extensions themselves. @default none
   */
  snapshots?: string | undefined;
}
