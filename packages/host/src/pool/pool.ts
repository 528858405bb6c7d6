import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isSharedArrayBuffer } from 'node:util/types';

import { MemoryBudget, SandglassError } from '@sandglass/core';
import type { ExtensionWire, InstallWire, LoadedWire, SnapshotWire } from '@sandglass/core';

import { VirtualClock } from '../time/virtual-clock.js';
import type {
  CallRequest,
  CapabilityOptions,
  CreatePoolOptions,
  Pool,
  RelayedCapabilityCall,
  RelayedRequest,
  RelayPool,
} from './contract.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { CapabilityCalls } from './inbox/capability-calls.js';
import { Inbox } from './inbox/inbox.js';
import { Job, type JobValue, loadCallId } from './jobs/job.js';
import { aborted, Ledger } from './jobs/ledger.js';
import { PoolExtension } from './jobs/pool-extension.js';
import { LaneSet } from './lanes/lane-set.js';
import type { Links } from './links/open-links.js';
import { Admission } from './memory/admission.js';
import { HeldBytes } from './memory/held-bytes.js';
import { Relief } from './memory/relief.js';
import { collectStats } from './stats/collect-stats.js';
import type { PoolStats } from './stats/stats.js';
import { Recovery } from './watchdog/recovery.js';
import { Watchdog } from './watchdog/watchdog.js';

/**
 * How long a load may stay queued at the least, whatever its calls may take: a thread may
 * have to start first.
 */
const LOAD_WAIT_MS = 30_000;

/**
 * How long `close` waits for threads to end. One that hangs in WASM ends in 30 ms on Node, and not
 * at all on Bun.
 */
const END_THREADS_MS = 2_000;

/**
 * Time that may pass between two ticks and still count: above what a busy event loop takes, below
 * what a limit could notice.
 */
const MAX_STEP_MS = 20;

export interface LanePoolOptions
  extends CapabilityOptions, Links, Pick<CreatePoolOptions, 'onBackground' | 'startsAtOnce'> {
  /**
   * On a runner: takes capability calls in the place of `onCapability`. Calls whose lane is lost
   * are told, not run again.
   */
  relay?: (call: RelayedCapabilityCall) => void;
  /** For tests: cores that the process may use. */
  cores?: number;
  /** For tests: the monotonic clock behind all limits. */
  realNowMs?: () => number;
}

/** The pool over lanes of whatever kind. */
export class LanePool implements Pool, Omit<RelayPool, 'engine'> {
  readonly #options: LanePoolOptions;
  readonly #extensions: Map<number, PoolExtension> = new Map();
  readonly #ledger: Ledger;
  readonly #lanes: LaneSet;
  readonly #dispatcher: Dispatcher;
  readonly #recovery: Recovery;
  readonly #watchdog: Watchdog;
  readonly #memory: MemoryBudget;
  readonly #relief: Relief;
  readonly #maxQueueLength: number;
  readonly #maxExtensionQueueLength: number;
  #closing: Promise<void> | undefined;

  constructor(options: LanePoolOptions) {
    const { startLane, maxQueueLength = 10_000, cores = availableParallelism() } = options;
    const { maxThreads: maxLanes = availableParallelism(), minThreads = 0, idleTimeoutMs = 30_000 } = options;
    this.#options = options;
    this.#maxQueueLength = maxQueueLength;
    this.#maxExtensionQueueLength = options.maxExtensionQueueLength ?? Math.ceil(maxQueueLength / 2);
    const minLanes = Math.min(minThreads, maxLanes);
    const { memory = MemoryBudget.create(1) } = options;
    this.#memory = memory;
    const clock = new VirtualClock(MAX_STEP_MS, options.realNowMs);
    const { relay, remote } = options;
    const held = new HeldBytes(memory.maxBytes);
    const ledger = (this.#ledger = new Ledger(clock, options.onBackground, held));
    const lanes = (this.#lanes = new LaneSet({ start: startLane, minLanes, maxLanes, idleTimeoutMs, remote }));
    const dispatcher = (this.#dispatcher = new Dispatcher(ledger, lanes, new Admission(memory, held), cores));
    const maxRuns = relay ? 0 : undefined;
    const recovery = (this.#recovery = new Recovery({ ledger, lanes, dispatcher, maxRuns }));
    const relief = (this.#relief = new Relief(memory, lanes, idleTimeoutMs));
    const watchdog = (this.#watchdog = new Watchdog({ ledger, lanes, dispatcher, recovery, relief }));
    const capabilities = new CapabilityCalls(options, ledger, dispatcher);
    const parts = { ledger, lanes, dispatcher, recovery, watchdog, capabilities };
    lanes.open((lane) => new Inbox(lane, parts));
    if (options.startsAtOnce === true && lanes.all.length === 0) lanes.start();
  }

  load(wire: ExtensionWire, snapshot?: SnapshotWire, onOutcome?: CallRequest['onOutcome']): Promise<LoadedWire> {
    if (this.#extensions.has(wire.id)) return Promise.reject(new TypeError(`Extension id ${wire.id} is taken`));
    const refusal = this.#refusal(wire.name);
    if (refusal) return Promise.reject(refusal);
    const extension = new PoolExtension(wire, this.#ledger.total);
    this.#extensions.set(wire.id, extension);
    const loading = new Promise<JobValue>((resolve, reject) => {
      const job = new Job({
        callId: loadCallId(wire.id),
        extension,
        wallTimeMs: Math.max(wire.limits.wallTimeMs, LOAD_WAIT_MS),
        snapshot,
        onOutcome,
        resolve,
        reject,
      });
      this.#accept(job);
    }) as Promise<LoadedWire>; // of a load
    return loading.then(
      (loaded) => {
        const shared = { ...loaded, snapshot: share(loaded.snapshot) };
        this.#keep(extension, shared);
        return shared;
      },
      (error: unknown) => {
        this.#forget(extension);
        throw error;
      },
    );
  }

  install({ extension: wire, loaded }: InstallWire): void {
    if (this.#extensions.has(wire.id)) throw new TypeError(`Extension id ${wire.id} is taken`);
    const extension = new PoolExtension(wire, this.#ledger.total);
    this.#extensions.set(wire.id, extension);
    this.#keep(extension, { ...loaded, snapshot: share(loaded.snapshot) });
  }

  call(request: CallRequest | RelayedRequest): Promise<Uint8Array> {
    const extension = this.#extensions.get(request.extension.id);
    if (!extension?.install || extension.unloading) return Promise.reject(notLoaded(request.extension.name));
    const { name } = extension.wire;
    const refusal = this.#refusal(name) ?? this.#fullness(extension, request);
    if (refusal) return Promise.reject(refusal);
    const { wallTimeMs } = extension.wire.limits;
    return new Promise<JobValue>((resolve, reject) => {
      const job = new Job({
        callId: this.#ledger.nextId(),
        extension,
        wallTimeMs: Math.min(request.wallTimeMs ?? wallTimeMs, wallTimeMs),
        handler: request.handler,
        argument: request.argument,
        signal: request.signal,
        onOutcome: request.onOutcome,
        waitUntil: request.waitUntil,
        context: request.context,
        requestId: request.requestId,
        trace: request.trace,
        resolve,
        reject,
      });
      if ('runs' in request) {
        job.runs = request.runs;
        request.onAccepted(job.callId, () => this.#ledger.reject(job, aborted(job)));
      }
      if (request.signal?.aborted === true) reject(aborted(job));
      else this.#accept(job);
    }) as Promise<Uint8Array>; // of a call
  }

  holdResult(bytes: number): void {
    this.#ledger.held.holdResult(bytes);
    if (bytes < 0) this.#dispatcher.schedule();
  }

  async unload(extensionId: number): Promise<void> {
    const extension = this.#extensions.get(extensionId);
    if (!extension || extension.unloading) return;
    extension.unloading = true;
    if (extension.live > 0) await new Promise<void>((resolve) => (extension.onDrained = resolve));
    this.#forget(extension);
  }

  stats(names?: readonly string[]): PoolStats {
    for (const lane of this.#lanes.all) if (lane.isUp) lane.link.requestStats();
    const counts = {
      queued: this.#dispatcher.queued,
      live: this.#ledger.size,
      background: this.#ledger.background,
      reruns: this.#recovery.reruns,
      moved: this.#recovery.moved,
      memoryBytes: this.#memory.usedBytes,
      maxMemoryBytes: this.#memory.maxBytes,
    };
    const { total } = this.#ledger;
    return collectStats(counts, { lanes: this.#lanes, extensions: this.#extensions.values(), total }, names);
  }

  assertStarted(): void {
    if (!this.#lanes.hasStarted && this.#lanes.isHopeless) throw this.#recovery.hopeless();
  }

  /** Looks at deadlines and lanes, as the watchdog's timer does. */
  tick(): void {
    this.#watchdog.tick();
  }

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    if (this.#ledger.size > 0) await this.#drain(deadlineMs);
    for (const job of [...this.#ledger]) {
      this.#ledger.reject(
        job,
        new SandglassError('E_CLOSED', `Cannot finish "${job.extension.wire.name}": the host closed`, job.origin),
      );
    }
    this.#watchdog.stop();
    this.#relief.stop();
    this.#lanes.close();
    await Promise.race([this.#options.onClose?.(), delay(END_THREADS_MS, undefined, { ref: false })]);
  }

  #keep(extension: PoolExtension, loaded: LoadedWire): void {
    extension.install = { extension: extension.wire, loaded };
    this.#memory.charge(this.#memory.hostLane, loaded.snapshot.bytes.byteLength);
  }

  #forget(extension: PoolExtension): void {
    this.#extensions.delete(extension.wire.id);
    this.#ledger.retire(extension);
    const { byteLength = 0 } = extension.install?.loaded.snapshot.bytes ?? {};
    this.#memory.charge(this.#memory.hostLane, -byteLength);
    for (const lane of this.#lanes.all) {
      lane.residents.delete(extension);
      if (lane.installed.delete(extension.wire.id)) lane.link.forget(extension.wire.id);
    }
  }

  #drain(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deadlineMs);
      this.#ledger.onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #accept(job: Job): void {
    this.#ledger.accept(job);
    this.#watchdog.start();
    this.#dispatcher.enqueue(job);
  }

  /** Why nothing is taken now, if so. */
  #refusal(name: string): SandglassError | undefined {
    if (this.#closing)
      return new SandglassError('E_CLOSED', `Cannot run "${name}": the host is closed`, { extension: name });
    return this.#lanes.isHopeless ? this.#recovery.hopeless(name) : undefined;
  }

  #fullness(extension: PoolExtension, { signal, argument }: CallRequest): SandglassError | undefined {
    if (signal?.aborted === true) return undefined;
    const isHostFull = this.#dispatcher.queue.size >= this.#maxQueueLength;
    const isExtensionFull = extension.queue.size >= this.#maxExtensionQueueLength;
    if (!isHostFull && !isExtensionFull && this.#ledger.held.fits(extension, argument.byteLength)) return undefined;
    extension.counters.countRefused();
    const { name } = extension.wire;
    const [limit, value] = isHostFull
      ? (['maxQueueLength', this.#maxQueueLength] as const)
      : isExtensionFull
        ? (['maxExtensionQueueLength', this.#maxExtensionQueueLength] as const)
        : (['maxMemoryBytes', this.#memory.maxBytes] as const);
    return new SandglassError('E_QUEUE_FULL', `Cannot run "${name}": ${limit} is ${value}`, {
      extension: name,
      limit: { name: limit, value },
    });
  }
}

function notLoaded(name: string): SandglassError {
  return new SandglassError('E_NOT_FOUND', `Cannot run "${name}": it is not loaded`, { extension: name });
}

/** Puts a snapshot where all threads read the same copy. */
function share(snapshot: SnapshotWire): SnapshotWire {
  if (isSharedArrayBuffer(snapshot.bytes)) return snapshot;
  const bytes = new SharedArrayBuffer(snapshot.bytes.byteLength);
  new Uint8Array(bytes).set(new Uint8Array(snapshot.bytes));
  return { key: snapshot.key, bytes };
}
