import type {
  CapabilityAnswerWire,
  CapabilityCallWire,
  EngineModule,
  ExtensionWire,
  InstallWire,
  LoadedWire,
  OutcomeWire,
  SandglassError,
  SnapshotWire,
  UsageWire,
} from '@sandglass/core';

import type { TraceCarrier } from '../telemetry/propagation.js';
import type { CallEnd } from '../time/call-end.js';
import type { PoolOptions } from './pool-options.js';
import type { OpenRemoteLanes } from './links/lane-link.js';
import type { PoolStats } from './stats/stats.js';

export interface CallRequest {
  /** A loaded extension; its `id` finds it. */
  extension: Pick<ExtensionWire, 'id' | 'name'>;
  /** Index of the handler among the extension's registrations. */
  handler: number;
  /** The one argument, encoded. */
  argument: Uint8Array;
  /** Ends the call with `E_ABORTED`, in whatever state it is. */
  signal?: AbortSignal | undefined;
  /** Lowers the extension's `wallTimeMs` for this call. */
  wallTimeMs?: number | undefined;
  /**
   * Takes a promise of the end of what the call has started and nobody awaits, if there is any:
   * called before it settles.
   */
  waitUntil?: ((end: Promise<void>) => void) | undefined;
  /** For the handlers of capabilities that the call uses. */
  context?: object | undefined;
  /** Of the request that the call answers: for the audit entries of its capability calls. */
  requestId?: string | undefined;
  /** Context of the caller's span, if calls are traced. */
  trace?: TraceCarrier | undefined;
  /**
   * Told what the engine says that the call came to and used, before it settles. Not told if it
   * ended without its engine, for example by abort.
   */
  onOutcome?: ((outcome: OutcomeWire) => void) | undefined;
}

/** A call that a runner does for its owner. */
export interface RelayedRequest extends CallRequest {
  /** Runs before this one, whose lanes were lost. After two it runs alone on its lane. */
  runs: number;
  /** Told the call's id in this pool, and how to end it, before anything else. */
  onAccepted: (callId: number, abort: () => void) => void;
}

/** The end of what a call had started and nobody awaited, after its answer. */
export interface BackgroundEnd {
  extension: Pick<ExtensionWire, 'id' | 'name'>;
  callId: number;
  handler: number;
  /** From the answer on. */
  durationMs: number;
  /** What the whole call used. Absent if no engine reported it. */
  usage?: UsageWire | undefined;
  /** What ended it. Absent if nothing was pending any more. */
  error?: SandglassError | undefined;
}

/** Where calls run. Every accepted call and load settles exactly once. */
export interface Pool {
  /**
   * Evaluates an extension, and keeps it ready for calls until `unload`.
   *
   * @param snapshot one of an earlier process, which spares the evaluation if its key still fits.
   * @throws {SandglassError} `E_LOAD` and whatever ends a call.
   */
  load(extension: ExtensionWire, snapshot?: SnapshotWire): Promise<LoadedWire>;
  /**
   * Runs one handler.
   *
   * @returns the result, encoded.
   * @throws {SandglassError} what ended the call.
   */
  call(request: CallRequest): Promise<Uint8Array>;
  /**
   * Counts the bytes of a result while it is decoded: while there are many, further calls wait.
   *
   * @param bytes less than zero once it is decoded.
   */
  holdResult(bytes: number): void;
  /**
   * Takes no more calls for an extension, waits for those in flight and what they left, then frees
   * it everywhere.
   */
  unload(extensionId: number): Promise<void>;
  /** See `Host`. */
  stats(names?: readonly string[]): PoolStats;
  /**
   * @throws {SandglassError} `E_WORKER_LOST` if lane after lane was started, and not one has ever
   *   come up.
   */
  assertStarted(): void;
  /**
   * Takes no more calls, waits for those in flight and what they left, and ends all lanes.
   *
   * @param deadlineMs after which what is left gets `E_CLOSED`.
   */
  close(deadlineMs: number): Promise<void>;
}

/**
 * A capability call as the pool's owner gets it. The arguments are the guest's: checked for size,
 * nothing else.
 */
export interface CapabilityCall {
  /** `-extensionId` for one that a load makes. */
  readonly callId: number;
  readonly extensionId: number;
  readonly name: string;
  readonly args: unknown[];
  /** When the call settles, or begins again elsewhere. */
  readonly ending: CallEnd;
  /** What the call was made with. */
  readonly context: object | undefined;
  readonly requestId: string | undefined;
  readonly trace: TraceCarrier | undefined;
  /** Milliseconds left of the call's `wallTimeMs`. */
  remainingTimeMs(): number;
}

/** How the owner of the pool serves capabilities. */
export interface CapabilityOptions {
  /**
   * Serves one capability call. What it resolves to is ignored for those that guests get no
   * answer to, such as `log`.
   *
   * Reject with an error that carries a `CapabilityErrorWire` as `wire` to fail the capability
   * call, with a `SandglassError` without one to end the whole call. Refused with the code
   * `E_SCOPE` before any I/O, it counts as no effect.
   */
  onCapability(call: CapabilityCall): Promise<unknown>;
  /** Whether a second run of this capability would do something a second time. */
  isEffect(name: string): boolean;
}

/** A capability call on its way from a runner to the owner of the call. */
export interface RelayedCapabilityCall {
  readonly extensionId: number;
  /** Whether the guest gets no answer, as from `log`. */
  readonly isSync: boolean;
  /** As the engine sent it, of sound shape and within the call's limits. */
  readonly wire: CapabilityCallWire;
  /** Gives the guest its answer, unless the call is over. */
  answer(answer: CapabilityAnswerWire): void;
}

/** The pool of a runner: its calls are others', who serve their capabilities. */
export interface RelayPool extends Omit<Pool, 'load' | 'call' | 'assertStarted'> {
  /** @param onOutcome told what the engine says, if it says that the load has failed. */
  load(
    extension: ExtensionWire,
    snapshot: SnapshotWire | undefined,
    onOutcome: CallRequest['onOutcome'],
  ): Promise<LoadedWire>;
  /** Takes over an extension that somebody else has loaded, with the same engine. */
  install(install: InstallWire): void;
  /** Of its engine: only who has the same may send it snapshots. */
  readonly engine: string;
  /**
   * @throws {SandglassError} `E_WORKER_LOST` as soon as its lane is lost: whether it may run again
   *   is its owner's to say.
   */
  call(request: RelayedRequest): Promise<Uint8Array>;
}

export interface CreatePoolOptions extends CapabilityOptions {
  /** `'inline'` stands for `{ inline: true }`. @default {} */
  pool?: PoolOptions | 'inline';
  /** Told of the end of what calls left to be done after their answers. */
  onBackground?: ((end: BackgroundEnd) => void) | undefined;
  /** Whether a thread starts at once: there will be loads. @default with the first of them */
  startsAtOnce?: boolean | undefined;
  /** The compiled engine. @default compiled here */
  wasm?: EngineModule | Promise<EngineModule>;
  /**
   * Opens lanes of others, beside the pool's own.
   *
   * @param engine digest that theirs has to have.
   * @default none
   */
  openRemote?: OpenRemoteLanes | undefined;
}

export interface RelayPoolOptions {
  pool?: PoolOptions | undefined;
  /** Takes the capability calls. */
  relay: (call: RelayedCapabilityCall) => void;
  onBackground: (end: BackgroundEnd) => void;
}
