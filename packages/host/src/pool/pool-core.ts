import { availableParallelism } from 'node:os';
import { isSharedArrayBuffer } from 'node:util/types';
import { setTimeout as delay } from 'node:timers/promises';

import { SandglassError } from '@sandglass/core';
import type { ExtensionWire, LoadedWire, SnapshotWire } from '@sandglass/core';

import type { PoolOptions } from '../types.js';
import { CapabilityCalls, type CapabilityOptions } from './inbox/capability-calls.js';
import { Dispatcher, type Replies } from './dispatch/dispatcher.js';
import { PoolExtension } from './jobs/pool-extension.js';
import { Watchdog } from './watchdog/watchdog.js';
import { Inbox } from './inbox/inbox.js';
import { Job, loadCallId } from './jobs/job.js';
import type { StartLane } from './links/lane-link.js';
import { LaneSet } from './lanes/lane-set.js';
import { aborted, Ledger } from './jobs/ledger.js';
import { collectStats } from './stats/collect-stats.js';
import type { CallRequest, Pool } from './pool.js';
import { Recovery } from './watchdog/recovery.js';
import type { PoolStats } from './stats/stats.js';
import { GRACE_MS } from './lanes/slice-watch.js';

/** What a load gets beyond `loadTimeMs`, so that its engine, or else the watchdog, ends it first and knows why. */
const LOAD_SLACK_MS = 2 * GRACE_MS;

/** How long a load may wait for its turn at the least, whatever its calls may take: a thread may have to start first. */
const LOAD_WAIT_MS = 30_000;

/** How long `close` waits for threads to end. One that hangs in WASM ends in 30 ms on Node, and not at all on Bun. */
const END_THREADS_MS = 2_000;

export interface PoolCoreOptions extends CapabilityOptions, PoolOptions {
  startLane: StartLane;
  /** Called once all lanes have ended. */
  onClose?: () => Promise<void>;
  /** For tests: cores that the process may use. */
  cores?: number;
  /** For tests: the monotonic clock behind all limits. */
  realNowMs?: () => number;
}

/** The pool over lanes of whatever kind. */
export class PoolCore implements Pool {
  readonly #options: PoolCoreOptions;
  readonly #extensions: Map<number, PoolExtension> = new Map();
  readonly #ledger: Ledger;
  readonly #lanes: LaneSet;
  readonly #dispatcher: Dispatcher;
  readonly #inbox: Inbox;
  readonly #watchdog: Watchdog;
  readonly #maxQueueLength: number;
  readonly #maxExtensionQueueLength: number;
  readonly #recovery: Recovery;
  #closing: Promise<void> | undefined;

  constructor(options: PoolCoreOptions) {
    this.#options = options;
    this.#maxQueueLength = options.maxQueueLength ?? 10_000;
    this.#maxExtensionQueueLength = options.maxExtensionQueueLength ?? Math.ceil(this.#maxQueueLength / 2);
    this.#ledger = new Ledger((job) => this.#release(job));
    const maxLanes = options.maxThreads ?? availableParallelism();
    this.#lanes = new LaneSet(
      {
        start: options.startLane,
        minLanes: Math.min(options.minThreads ?? 0, maxLanes),
        maxLanes,
        idleTimeoutMs: options.idleTimeoutMs ?? 30_000,
      },
      {
        ready: () => this.#dispatcher.schedule(),
        outcomes: (lane, raw) => this.#inbox.outcomes(lane, raw),
        capabilities: (lane, raw) => this.#inbox.capabilities(lane, raw),
        stats: (lane, raw) => this.#inbox.stats(lane, raw),
        entered: (lane) => this.#inbox.entered(lane),
        violation: (lane) => this.#inbox.violation(lane),
        lost: (lane, reason) => this.#recovery.lose(lane, 'lost', reason),
      },
    );
    const cores = options.cores ?? availableParallelism();
    const replies: Replies = {
      batchDone: (lane, batch, outcomes) => this.#inbox.batchDone(lane, batch, outcomes),
      loadDone: (lane, job, reply) => this.#inbox.loadDone(lane, job, reply),
      loadBegins: (job) =>
        this.#ledger.restartDeadline(job, job.limits.loadTimeMs + LOAD_SLACK_MS, this.#watchdog.clock.nowMs()),
    };
    this.#dispatcher = new Dispatcher(this.#lanes, replies, cores);
    this.#recovery = new Recovery(this.#ledger, this.#lanes, this.#dispatcher);
    this.#watchdog = new Watchdog({
      ledger: this.#ledger,
      lanes: () => this.#lanes.all,
      stalled: (lane) => this.#recovery.moveQueuedCalls(lane),
      quiet: () => this.#dispatcher.schedule(),
      resumed: () => {
        this.#lanes.trim();
        this.#dispatcher.schedule();
      },
      overran: (lane) => this.#recovery.lose(lane, 'killed'),
      realNowMs: options.realNowMs,
    });
    const schedule = (): void => this.#dispatcher.schedule();
    const { clock } = this.#watchdog;
    const { onCapability, isEffect, syncNames } = options;
    this.#inbox = new Inbox({
      ledger: this.#ledger,
      capabilities: new CapabilityCalls({
        onCapability,
        isEffect,
        syncNames,
        ledger: this.#ledger,
        nowMs: () => clock.nowMs(),
        schedule,
      }),
      schedule,
      heard: (lane) => this.#watchdog.heard(lane),
      markHealthy: () => this.#lanes.markHealthy(),
      idle: (lane) => this.#lanes.idle(lane),
      missing: (_lane, jobs) => this.#recovery.runAgain(jobs),
      unsound: (lane) => this.#recovery.lose(lane, 'killed'),
    });
    this.#lanes.onRetry = schedule;
    this.#lanes.keepMinimum();
  }

  load(wire: ExtensionWire, snapshot?: SnapshotWire): Promise<LoadedWire> {
    if (this.#extensions.has(wire.id)) return Promise.reject(new TypeError(`Extension id ${wire.id} is taken`));
    const refusal = this.#refusal(wire.name);
    if (refusal) return Promise.reject(refusal);
    const extension = new PoolExtension(wire);
    this.#extensions.set(wire.id, extension);
    const loading = new Promise<LoadedWire>((resolve, reject) => {
      const job = new Job({
        callId: loadCallId(wire.id),
        extension,
        wallTimeMs: Math.max(wire.limits.wallTimeMs, LOAD_WAIT_MS),
        snapshot,
        resolve,
        reject,
      });
      this.#accept(job);
    });
    return loading.then(
      (loaded) => {
        const shared = { ...loaded, snapshot: share(loaded.snapshot) };
        extension.install = { extension: wire, loaded: shared };
        return shared;
      },
      (error: unknown) => {
        this.#forget(extension);
        throw error;
      },
    );
  }

  call(request: CallRequest): Promise<Uint8Array> {
    const extension = this.#extensions.get(request.extension.id);
    if (!extension?.install || extension.unloading) return Promise.reject(notLoaded(request.extension.name));
    const { name } = extension.wire;
    const refusal = this.#refusal(name) ?? this.#fullness(extension, request);
    if (refusal) return Promise.reject(refusal);
    const { wallTimeMs } = extension.wire.limits;
    return new Promise<Uint8Array>((resolve, reject) => {
      const job = new Job({
        callId: this.#ledger.nextId(),
        extension,
        wallTimeMs: Math.min(request.wallTimeMs ?? wallTimeMs, wallTimeMs),
        handler: request.handler,
        argument: request.argument,
        signal: request.signal,
        onOutcome: request.onOutcome,
        resolve,
        reject,
      });
      if (request.signal?.aborted === true) reject(aborted(job));
      else this.#accept(job);
    });
  }

  async unload(extensionId: number): Promise<void> {
    const extension = this.#extensions.get(extensionId);
    if (!extension || extension.unloading) return;
    extension.unloading = true;
    if (extension.live > 0) await new Promise<void>((resolve) => (extension.onDrained = resolve));
    this.#forget(extension);
  }

  stats(): PoolStats {
    for (const lane of this.#lanes.all) if (lane.status === 'ready') lane.lane.requestStats();
    const counts = {
      waiting: this.#dispatcher.waiting,
      live: this.#ledger.size,
      reruns: this.#recovery.reruns,
      moved: this.#recovery.moved,
    };
    return collectStats(counts, this.#ledger.retired, this.#lanes, [...this.#extensions.values()]);
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
    this.#lanes.close();
    await Promise.race([this.#options.onClose?.(), delay(END_THREADS_MS, undefined, { ref: false })]);
  }

  #forget(extension: PoolExtension): void {
    this.#extensions.delete(extension.wire.id);
    this.#ledger.retire(extension);
    extension.home?.residents.delete(extension);
    for (const lane of this.#lanes.all) {
      if (lane.installed.delete(extension.wire.id)) lane.lane.forget(extension.wire.id);
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
    this.#ledger.accept(job, this.#watchdog.clock.nowMs());
    this.#watchdog.start();
    this.#dispatcher.enqueue(job);
  }

  /** Why nothing is taken now, if so. */
  #refusal(name: string): SandglassError | undefined {
    if (this.#closing)
      return new SandglassError('E_CLOSED', `Cannot run "${name}": the host is closed`, { extension: name });
    return this.#lanes.isHopeless ? this.#recovery.hopeless(name) : undefined;
  }

  #fullness(extension: PoolExtension, { signal }: CallRequest): SandglassError | undefined {
    if (signal?.aborted === true) return undefined;
    const isHostFull = this.#dispatcher.queue.size >= this.#maxQueueLength;
    if (!isHostFull && extension.waiting.size < this.#maxExtensionQueueLength) return undefined;
    extension.counters.refused += 1;
    const { name } = extension.wire;
    const [limit, value] = isHostFull
      ? (['maxQueueLength', this.#maxQueueLength] as const)
      : (['maxExtensionQueueLength', this.#maxExtensionQueueLength] as const);
    return new SandglassError('E_QUEUE_FULL', `Cannot run "${name}": ${limit} is ${value}`, {
      extension: name,
      limit: { name: limit, value },
    });
  }

  /** A job has settled: nothing of it is to go on anywhere. */
  #release(job: Job): void {
    if (job.queued) return this.#dispatcher.remove(job);
    const { lane } = job;
    if (!lane || lane.status === 'lost' || lane.jobs.get(job.callId) !== job) return;
    lane.aborts.push(job.callId);
    this.#dispatcher.schedule();
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
