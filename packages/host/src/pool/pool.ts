import { availableParallelism } from 'node:os';

import type { EngineModule, ExtensionWire, LoadedWire, SnapshotWire, UsageWire } from '@sandglass/core';
import { compileEngine } from '@sandglass/worker/compile';

import type { PoolOptions } from '../types.js';
import type { CapabilityOptions } from './inbox/capability-calls.js';
import { PoolCore } from './pool-core.js';
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
  /** Told what the call used, before it settles. Not told if it ended without its engine, for example by abort. */
  onOutcome?: ((outcome: { callId: number; usage: UsageWire }) => void) | undefined;
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
  /** Takes no more calls for an extension, waits for those in flight, then frees it everywhere. */
  unload(extensionId: number): Promise<void>;
  stats(): PoolStats;
  /** @throws {SandglassError} `E_WORKER_LOST` if lane after lane was started, and not one has ever come up. */
  assertStarted(): void;
  /**
   * Takes no more calls, waits for those in flight, and ends all lanes.
   *
   * @param deadlineMs after which what is left gets `E_CLOSED`.
   */
  close(deadlineMs: number): Promise<void>;
}

export interface CreatePoolOptions extends CapabilityOptions {
  /** `'inline'` for the engine on this thread, without a watchdog. @default {} */
  pool?: PoolOptions | 'inline';
  /** The compiled engine. @default compiled here */
  wasm?: EngineModule | Promise<EngineModule>;
}

/** Makes a pool. Its threads start with the first load or call, but for `minThreads`. */
export async function createPool(options: CreatePoolOptions): Promise<Pool> {
  const { onCapability, isEffect, syncNames, pool = {} } = options;
  const compiling = options.wasm ?? compileEngine(); // while modules load, of which each kind of lane has its own
  const capabilities: CapabilityOptions = { onCapability, isEffect, syncNames };
  if (pool === 'inline') {
    const [{ inlineLane }, wasm] = await Promise.all([import('./links/inline-link.js'), compiling]);
    return new PoolCore({ ...capabilities, minThreads: 1, maxThreads: 1, startLane: inlineLane({ wasm }) });
  }
  const [{ createWorkerLanes }, wasm] = await Promise.all([import('./links/thread-link.js'), compiling]);
  const lanes = createWorkerLanes({
    filename: import.meta.resolve('@sandglass/worker/thread'),
    wasm,
    maxLanes: pool.maxThreads ?? availableParallelism(),
  });
  return new PoolCore({ ...capabilities, ...pool, startLane: lanes.start, onClose: () => lanes.close() });
}
