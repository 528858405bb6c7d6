/** Whose fault an error is: the extension's, the caller's, or the host's. */
export type Fault = 'extension' | 'caller' | 'host';

export type ErrorCode =
  | 'E_MANIFEST'
  | 'E_LOAD'
  | 'E_NOT_FOUND'
  | 'E_SCOPE'
  | 'E_CPU'
  | 'E_WALL'
  | 'E_HANG'
  | 'E_MEMORY'
  | 'E_STACK'
  | 'E_QUOTA'
  | 'E_CLONE'
  | 'E_GUEST'
  | 'E_NETWORK'
  | 'E_WORKER_LOST'
  | 'E_QUEUE_FULL'
  | 'E_ABORTED'
  | 'E_CLOSED'
  | 'E_FLEET'
  | 'E_FLEET_DENIED'
  | 'E_FLEET_CONFLICT';

/**
 * Every code that a call or a load can end with. The code is the contract; messages may change.
 *
 * `status` is the HTTP status that an endpoint's client gets; `retry` says that the same call may
 * succeed later.
 */
export const ERROR_CODES: Readonly<Record<ErrorCode, { status: number; fault: Fault; retry: boolean }>> = {
  /** The manifest is invalid, or asks for something that cannot be granted. */
  E_MANIFEST: { status: 500, fault: 'extension', retry: false },
  /** The source does not compile, throws while it is evaluated, or registers nothing usable. */
  E_LOAD: { status: 500, fault: 'extension', retry: false },
  /** No such extension, route, operation or file. */
  E_NOT_FOUND: { status: 404, fault: 'caller', retry: false },
  /** A capability was used outside its grant. */
  E_SCOPE: { status: 500, fault: 'extension', retry: false },
  /** `cpuTimeMs` used up. */
  E_CPU: { status: 500, fault: 'extension', retry: false },
  /** `wallTimeMs` used up. */
  E_WALL: { status: 500, fault: 'extension', retry: false },
  /** The call waits for a promise that nothing can settle: no job, no capability call is left. */
  E_HANG: { status: 500, fault: 'extension', retry: false },
  /** `memoryLimitBytes` used up, or the pool's `maxMemoryBytes`: the error's `limit` names it. */
  E_MEMORY: { status: 500, fault: 'extension', retry: false },
  /** `stackBytes` used up. */
  E_STACK: { status: 500, fault: 'extension', retry: false },
  /** A count or byte limit on logs, capability calls, arguments or results. */
  E_QUOTA: { status: 500, fault: 'extension', retry: false },
  /** A value that cannot be copied across the boundary. */
  E_CLONE: { status: 500, fault: 'extension', retry: false },
  /** The extension threw. */
  E_GUEST: { status: 500, fault: 'extension', retry: false },
  /** An outgoing request failed below HTTP. */
  E_NETWORK: { status: 500, fault: 'extension', retry: true },
  /** The worker died and the call could not be run again without doubling an effect. */
  E_WORKER_LOST: { status: 500, fault: 'host', retry: true },
  /** The queue of the host or of the extension is full. */
  E_QUEUE_FULL: { status: 503, fault: 'host', retry: true },
  /** The caller's AbortSignal fired. */
  E_ABORTED: { status: 499, fault: 'caller', retry: true },
  /** The host is closing or closed. */
  E_CLOSED: { status: 503, fault: 'host', retry: true },
  /** The fleet's server cannot be reached, or did not answer in time. */
  E_FLEET: { status: 503, fault: 'host', retry: true },
  /** The fleet's server refuses the credentials, or does not allow them what was asked. */
  E_FLEET_DENIED: { status: 500, fault: 'host', retry: false },
  /** Somebody else changed the same thing of the fleet meanwhile. */
  E_FLEET_CONFLICT: { status: 409, fault: 'host', retry: true },
};

export interface SandglassErrorOptions {
  /** What the guest threw, where its code was when a limit ended it, or the lower-level error. */
  cause?: unknown;
  /** Name of the extension that the call was for. */
  extension?: string | undefined;
  /** Id of the call, unique within its host. */
  callId?: number | undefined;
  /**
   * The limit that ended the call, for example `cpuTimeMs`, with its value in the unit of its name.
   */
  limit?: { name: string; value: number; used?: number | undefined } | undefined;
}

/**
 * The one error class of Sandglass. Match on {@link SandglassError.code}, never on the class or the
 * text.
 *
 * The code comes from the host's own facts, never from a name, message or code that a guest
 * supplied.
 */
export class SandglassError extends Error {
  override readonly name = 'SandglassError';
  readonly code: ErrorCode;
  readonly extension: string | undefined;
  readonly callId: number | undefined;
  readonly limit: SandglassErrorOptions['limit'];

  constructor(code: ErrorCode, message: string, options: SandglassErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.extension = options.extension;
    this.callId = options.callId;
    this.limit = options.limit;
  }
}

/** Whether a value is a {@link SandglassError}, also one from another copy of this package. */
export function isSandglassError(value: unknown): value is SandglassError {
  return value instanceof Error && value.name === 'SandglassError' && 'code' in value;
}
