import type { ErrorCode } from './errors.js';
import type { Limits } from './limits.js';
import type { SandboxType } from './manifest.js';

/**
 * What crosses between host and engine. Every field survives structured clone.
 *
 * Values of guests travel encoded (`encodeValue`/`decodeValue`), so that an engine never
 * materialises them outside of a sandbox. The host treats whatever comes from an engine as hostile.
 */

/** `pristine`: a restored sandbox for every call. `persistent`: one for the host's life. */
export type Isolation = 'pristine' | 'persistent';

/** An argument of a synchronous capability, checked before the call leaves the sandbox. */
export interface SyncParameter {
  /** Begins the TypeError: `<label> has to be of type <type>`. */
  label: string;
  type: 'string' | 'number' | 'boolean' | 'object';
}

/** A capability as the sandbox sees it. */
export interface CapabilityWire {
  /** Name of the export, and of the scope in the manifest. */
  name: string;
  /** Specifier of the module that exports it, for example `directus:api`. */
  module: string;
  /** Whether the grant holds its scope, for synchronous capabilities; the host checks again. */
  granted: boolean;
  /** How many arguments are passed on; more are ignored. */
  parameters: number;
  /** Set for a capability that returns undefined at once, as `log` does. */
  sync?: SyncParameter[];
}

/** An extension as an engine sees it. */
export interface ExtensionWire {
  /** Unique in its host; a reload gets a new one. 1 to 2^31 - 1. */
  id: number;
  name: string;
  type: SandboxType;
  /** What guest stacks name the source. Never a host path. */
  filename: string;
  /** ES module text, already rewritten where the engine needs it. */
  source: string;
  isolation: Isolation;
  limits: Limits;
  capabilities: CapabilityWire[];
  /** `NODE_ENV` of the guest's `process.env`; null removes `process` and `console`. */
  nodeEnv: string | null;
}

/**
 * What an extension registered while it was evaluated. `handler` is its index for {@link CallWire}.
 */
export type Registration =
  | { type: 'route'; method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; path: string; handler: number }
  | { type: 'filter'; event: string; handler: number }
  | { type: 'action'; event: string; handler: number }
  | { type: 'operation'; id: string; handler: number };

/** Memory of an evaluated extension, shared between the threads. Opaque to the host. */
export interface SnapshotWire {
  /** SHA-256, hex, of all that the bytes depend on: WASM binary, prelude, source, limits. */
  key: string;
  bytes: SharedArrayBuffer | ArrayBuffer;
}

export interface LoadedWire {
  registrations: Registration[];
  snapshot: SnapshotWire;
  /**
   * What became of the snapshot that came with the load: `foreign` is a sound one of another
   * engine, prelude or extension.
   */
  offered?: 'used' | 'damaged' | 'foreign';
  /** Bytes of heap in use after registration. */
  heapBytes: number;
}

/** Host → engine: run one handler. */
export interface CallWire {
  /** Unique in its host. 1 to 2^31 - 1. */
  callId: number;
  extensionId: number;
  handler: number;
  /** The one argument, encoded. */
  argument: Uint8Array;
}

/** What a call used so far. */
export interface UsageWire {
  cpuTimeMs: number;
  /** Highest heap of its sandbox, in bytes. 0 when it was not looked at. */
  heapBytes: number;
}

/** An error on its way to the host. */
export interface ErrorWire {
  code: ErrorCode;
  message: string;
  limit?: { name: keyof Limits | 'maxMemoryBytes'; value: number; used?: number };
  /** What the guest threw, encoded: a {@link ThrownWire}. At most {@link MAX_THROWN_BYTES}. */
  thrown?: Uint8Array;
}

/**
 * What a guest threw, as the prelude describes it. `data` is a table, if there is any; `code` is
 * set for an error of the host's that the guest let through.
 */
export type ThrownWire = [
  code: ErrorCode | '',
  kind: 'value' | 'error',
  nameOrValue: unknown,
  message?: string,
  stack?: string,
  data?: unknown,
];

/**
 * Bytes of an encoded {@link ThrownWire}. Data beyond them is left out, before anybody decodes it.
 */
export const MAX_THROWN_BYTES = 262_144;

/**
 * Engine → host: what a call has come to.
 *
 * If it `goesOn`, it has started something that nobody awaits. A second outcome follows once
 * nothing of that is pending: a success without a value, or what ended it; its usage is that of the
 * whole call.
 */
export type OutcomeWire = { callId: number; goesOn?: boolean; usage: UsageWire } & (
  | { ok: true; value: Uint8Array }
  | { ok: false; error: ErrorWire }
);

/** Engine → host: a guest called a capability. */
export interface CapabilityCallWire {
  /** Of the call, or `-extensionId` while that extension loads. */
  callId: number;
  /** Numbers the capability calls of one call from 1. */
  seq: number;
  name: string;
  /** Each argument encoded. A function or symbol arrives as one. */
  args: Uint8Array[];
}

/**
 * Name of the capability call by which an engine tells of a rejection that nobody handled: its one
 * argument is a {@link ThrownWire}, or there is none if that cannot be had. No capability has such
 * a name.
 */
export const UNHANDLED_REJECTION = 'unhandled rejection';

/** An HTTP answer, for a String object of its JSON that has its fields as properties. */
export interface ResponseWire {
  /** JSON of an object, `{ status, statusText, headers }`. */
  head: string;
  /** Text of its `data`. */
  data: string;
  /** Whether the guest's realm parses it, if it is JSON. */
  isJson: boolean;
}

/** A failed capability call as the guest sees it. */
export interface CapabilityErrorWire {
  name: 'Error' | 'TypeError' | 'RangeError';
  message: string;
  /** Own properties of the guest's Error, for example `{ status, code }`, not enumerable. */
  properties?: Record<string, string | number>;
  /** The answer behind it, which the guest's Error has as `response`. */
  response?: ResponseWire;
  /** Code of the call if the guest lets the error through. */
  code: ErrorCode;
}

/** What a guest is answered. */
export type CapabilityAnswerWire = { ok: true; value: Uint8Array } | { ok: false; error: CapabilityErrorWire };

/** Host → engine: the answer to an asynchronous capability call. */
export type SettlementWire = { callId: number; seq: number } & CapabilityAnswerWire;

/** The compiled engine, shared by all threads. Made by `compileEngine`. */
export interface EngineModule {
  wasm: WebAssembly.Module;
  /** SHA-256 of the binary, hex. */
  hash: string;
}

/** Piscina task: the first and only one of a thread. All else comes over the platform's port. */
export interface ThreadTask<Port> {
  /** Carries {@link HostMessage} in and {@link ThreadMessage} out. */
  port: Port;
  /** Int32: see {@link SLOT}. */
  slots: SharedArrayBuffer;
  /**
   * Int32 for each lane of the pool: messages of its thread that the host has not received, and 1
   * while the thread has been woken and does not run yet.
   */
  unread: SharedArrayBuffer;
  /** Index of this lane in `unread` and `memory`. */
  lane: number;
  /** Int32: `MemoryBudget.slots`. */
  memory: SharedArrayBuffer;
  wasm: EngineModule;
}

/**
 * An extension that the thread has not seen yet, with the snapshot that spares it the evaluation.
 */
export interface InstallWire {
  extension: ExtensionWire;
  loaded: LoadedWire;
}

/** What a load comes to. */
export type LoadReply = { ok: true; loaded: LoadedWire } | { ok: false; error: ErrorWire };

/** What `packOutcomes` makes of a list of {@link OutcomeWire}. */
export interface OutcomesWire {
  packed: PackedWire;
  errors?: readonly ErrorWire[] | undefined;
}

/**
 * Packed bytes. Short ones are a string with a character for each byte, whose clone takes less than
 * half the time of a byte array's (one-off: 3 µs).
 */
export type PackedWire = string | Uint8Array;

/**
 * Host → thread, over the port. `SLOT.posted` goes up by one after each, which wakes the thread.
 */
export type HostMessage =
  | {
      type: 'batch';
      /** Unique on its port. */
      batchId: number;
      install?: InstallWire[];
      /** What `packCalls` makes of a list of {@link CallWire}. */
      calls: PackedWire;
      /**
       * Stay awake for a moment after it: callers may make their next calls as soon as they have
       * the answers, and no other thread needs the core.
       */
      staysAwake?: true;
    }
  | { type: 'load'; extension: ExtensionWire; snapshot?: SnapshotWire }
  | { type: 'settle'; settlements: SettlementWire[] }
  | { type: 'abort'; callIds: number[] }
  | { type: 'forget'; extensionId: number }
  | { type: 'stats'; requestId: number }
  /** Free what has not been used since the last one. */
  | { type: 'trim' }
  /** Free so many bytes: end the calls that wait and hold most. */
  | { type: 'shed'; bytes: number };

/** Thread → host, over the port. */
export type ThreadMessage =
  /** Every call of the batch has settled; these are the outcomes that no message carried before. */
  | { type: 'batch'; batchId: number; outcomes: OutcomesWire }
  | { type: 'loaded'; extensionId: number; reply: LoadReply }
  | { type: 'capabilities'; calls: CapabilityCallWire[] }
  | { type: 'outcomes'; outcomes: OutcomesWire }
  | { type: 'stats'; requestId: number; stats: EngineStats };

/** Counters of one engine. */
export interface EngineStats {
  sandboxes: number;
  snapshots: number;
  restores: number;
  /** Sandboxes dropped because they were poisoned or had grown far. */
  replacements: number;
  /** Sandboxes whose engine failed for a reason that no limit of their call explains. */
  failures: number;
  /** Linear memory in use by snapshots and sandboxes, in bytes. */
  memoryBytes: number;
}

/**
 * Fields of a thread's slots. `posted` and `stop` are written by the host, all others by the thread
 * and read by the host's watchdog; the counts wrap around.
 */
export const SLOT = {
  /**
   * Id of the call whose guest code runs now; 0 between slices. A load counts as a call with the id
   * `-extensionId`, also in its capability calls.
   */
  callId: 0,
  /** Goes up by one whenever guest code is entered. */
  slice: 1,
  /** Messages that the host has posted. What an idle thread sleeps on. */
  posted: 2,
  /** Calls of batches that the thread has begun, in the order in which they were sent. */
  begun: 3,
  /** The slice that the thread is to end as soon as it polls; 0 for none. */
  stop: 4,
  length: 5,
} as const;
