import {
  SLOT,
  type CallWire,
  type CapabilityCallWire,
  type EngineModule,
  type EngineStats,
  type ExtensionWire,
  type InstallWire,
  type LoadReply,
  type LoadedWire,
  type MemoryBudget,
  type OutcomeWire,
  type SettlementWire,
  type SnapshotWire,
} from '@sandglass/core';

import { Call, type CallEnvironment } from './call.js';
import { CoreYield } from './core-yield.js';
import { describePoison } from './failure.js';
import { loadExtension, LoadError, loadTimeout } from './load.js';
import { toOutcome } from './outcome.js';
import { compileEngine } from '../quickjs/engine-module.js';
import { findLayout } from '../quickjs/find-layout.js';
import type { Layout } from '../quickjs/memory/layout.js';
import type { Progress } from '../quickjs/realm.js';
import { isTracked } from '../quickjs/memory/cards.js';
import { CallRunner } from './call-runner.js';
import { PristineSandboxes } from '../supply/pristine-sandboxes.js';
import type { PoolCounters, SandboxSource } from '../supply/sandbox-source.js';
import { SandboxFactory } from '../supply/sandbox-factory.js';
import { MemoryAccount } from '../supply/memory-account.js';
import { PersistentSandbox } from '../supply/persistent-sandbox.js';
import { snapshotKey } from '../sandbox/snapshot-key.js';
import { isIntact, openSnapshot, type Snapshot } from '../sandbox/snapshot.js';

export interface EngineOptions {
  /** @default compiled from quickjs-emscripten's package */
  wasm?: EngineModule;
  /** Where the engine says which call it is in: see SLOT in core. @default memory of its own */
  slots?: Int32Array;
  /** See `ThreadTask.unread` in core. @default no other lane needs the core */
  unread?: Int32Array;
  /** The pool's memory, and this engine's slot in it. @default without a limit */
  memory?: { budget: MemoryBudget; lane: number };
  /**
   * Collects garbage, unless it did so a moment ago. @default does nothing: V8 collects when it
   * wants
   */
  collect?: () => void;
  /** Outcomes of calls that did not finish inside their `run`. */
  onOutcomes: (outcomes: OutcomeWire[]) => void;
  /** Capability calls of guests; the host answers the asynchronous ones through `settle`. */
  onCapabilities: (calls: CapabilityCallWire[]) => void;
}

/** The extensions and sandboxes of one thread. */
export interface Engine {
  /**
   * Evaluates an extension, or takes it from a snapshot that fits. Never rejects: an error is part
   * of the answer.
   */
  load(extension: ExtensionWire, snapshot?: SnapshotWire): Promise<LoadReply>;
  /** Makes an extension known that another engine has loaded. */
  install(install: InstallWire): void;
  /**
   * Runs a call up to its first await that has to wait. Returns its outcome if it finished; all
   * others come through `onOutcomes`.
   */
  run(call: CallWire): OutcomeWire | undefined;
  settle(settlements: SettlementWire[]): void;
  /** Drops calls that the host has settled already. They have no outcome. */
  abort(callIds: number[]): void;
  /** Drops an extension, its sandboxes and its calls. */
  forget(extensionId: number): void;
  stats(): EngineStats;
  /** Frees sandboxes and instances that no call has used since the last `trim`. */
  trim(): Promise<void>;
  /**
   * Frees `bytes` by ending the suspended calls that hold most memory. `trim` gives the memory back
   * to the system.
   */
  shed(bytes: number): void;
  close(): void;
}

/**
 * @throws {TypeError} for a binary without write barriers, whose sandboxes could not be restored.
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const wasm = options.wasm ?? (await compileEngine());
  if (!isTracked(wasm.wasm))
    throw new TypeError('Cannot use this build of QuickJS: it is not @sandglass/worker/engine.wasm');
  return new ThreadEngine(wasm, await findLayout(wasm), options);
}

class ThreadEngine implements Engine {
  readonly #wasm: EngineModule;
  readonly #factory: SandboxFactory;
  readonly #onOutcomes: EngineOptions['onOutcomes'];
  readonly #environment: CallEnvironment;
  readonly #callRunner: CallRunner;
  readonly #sources: Map<number, SandboxSource> = new Map();
  /** Extensions that are being evaluated. Forgetting one takes it out. */
  readonly #loading: Set<number> = new Set();
  readonly #counters: PoolCounters = { sandboxes: 0, restores: 0, replacements: 0, failures: 0 };
  /** The call whose `run` is going on, and its outcome. */
  #running = 0;
  #outcome: OutcomeWire | undefined;

  constructor(wasm: EngineModule, layout: Layout, options: EngineOptions) {
    this.#wasm = wasm;
    const { budget, lane } = options.memory ?? {};
    const account = new MemoryAccount(layout.heapBase, budget, lane);
    this.#factory = new SandboxFactory(wasm, layout, account, options.collect);
    this.#onOutcomes = options.onOutcomes;
    this.#environment = {
      slots: options.slots ?? new Int32Array(SLOT.length),
      coreYield: options.unread && new CoreYield(options.unread),
      maxMemoryBytes: account.budget.maxBytes,
      counters: this.#counters,
      send: options.onCapabilities,
    };
    this.#callRunner = new CallRunner(this.#environment, (outcome) => this.#settled(outcome));
  }

  async load(extension: ExtensionWire, wire?: SnapshotWire): Promise<LoadReply> {
    this.#loading.add(extension.id);
    try {
      const key = await snapshotKey(this.#wasm, this.#factory.layout, extension);
      const intact = wire && (await isIntact(wire));
      const known = wire && intact ? openSnapshot({ ...wire, key }, key, this.#factory.layout) : undefined;
      const snapshot = known ?? (await this.#evaluate(extension, key));
      if (known) this.#add(extension, known);
      const { registrations, heapStart, heapEnd } = snapshot.header;
      const loaded: LoadedWire = { registrations, snapshot: snapshot.wire, heapBytes: heapEnd - heapStart };
      if (wire) loaded.offered = known ? 'used' : intact ? 'foreign' : 'damaged';
      return { ok: true, loaded };
    } catch (error) {
      const message = `Cannot load "${extension.name}": ${String(error)}`;
      return { ok: false, error: error instanceof LoadError ? error.wire : { code: 'E_LOAD', message } };
    } finally {
      this.#loading.delete(extension.id);
    }
  }

  install({ extension, loaded }: InstallWire): void {
    if (this.#sources.has(extension.id)) return;
    const snapshot = openSnapshot(loaded.snapshot, loaded.snapshot.key, this.#factory.layout);
    if (snapshot) this.#sources.set(extension.id, this.#open(extension, snapshot));
  }

  run(call: CallWire): OutcomeWire | undefined {
    const source = this.#sources.get(call.extensionId);
    if (!source) return unknownExtension(call);
    this.#running = call.callId;
    this.#outcome = undefined;
    this.#callRunner.start(call, source);
    this.#running = 0;
    return this.#outcome;
  }

  settle(settlements: SettlementWire[]): void {
    for (const settlement of settlements) this.#callRunner.settle(settlement);
  }

  abort(callIds: number[]): void {
    for (const callId of callIds) this.#callRunner.abort(callId);
  }

  forget(extensionId: number): void {
    this.#loading.delete(extensionId);
    this.#sources.get(extensionId)?.close();
    this.#callRunner.abortExtension(extensionId);
    this.#sources.delete(extensionId);
  }

  stats(): EngineStats {
    const sources = [...this.#sources.values()];
    const memoryBytes = sources.reduce((sum, source) => sum + source.memoryBytes, 0);
    return { ...this.#counters, snapshots: sources.length, memoryBytes };
  }

  async trim(): Promise<void> {
    for (const source of this.#sources.values()) source.trim();
    await this.#factory.trim();
  }

  shed(bytes: number): void {
    this.#callRunner.shed(bytes);
  }

  close(): void {
    for (const id of [...this.#sources.keys()]) this.forget(id);
  }

  #open(extension: ExtensionWire, snapshot: Snapshot): SandboxSource {
    return extension.isolation === 'pristine'
      ? new PristineSandboxes(this.#factory, extension, snapshot, this.#counters)
      : new PersistentSandbox(this.#factory, extension, snapshot, this.#counters);
  }

  /** @throws {LoadError} `E_CLOSED` if the extension was forgotten meanwhile. */
  #add(extension: ExtensionWire, snapshot: Snapshot): SandboxSource {
    if (!this.#loading.has(extension.id)) {
      throw new LoadError({ code: 'E_CLOSED', message: `Cannot load "${extension.name}": it was unloaded meanwhile` });
    }
    const source = this.#open(extension, snapshot);
    this.#sources.set(extension.id, source);
    return source;
  }

  async #evaluate(extension: ExtensionWire, key: string): Promise<Snapshot> {
    const sandbox = await this.#factory.boot(extension);
    const call = new Call(-extension.id, extension, sandbox, this.#environment);
    let isAdopted = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(loadTimeout(call)), extension.limits.loadTimeMs);
    });
    late.catch(() => {}); // mostly nobody waits
    try {
      sandbox.begin();
      const snapshot = await loadExtension(call, key, (pending) =>
        Promise.race([this.#settlement(call, pending), late]),
      );
      const source = this.#add(extension, snapshot);
      if (source instanceof PristineSandboxes) {
        source.adopt(sandbox);
        isAdopted = true;
      }
      return snapshot;
    } catch (error) {
      throw error instanceof LoadError ? error : new LoadError(describePoison(error, call));
    } finally {
      clearTimeout(timer);
      this.#callRunner.abort(call.callId);
      if (!isAdopted) this.#factory.retire(sandbox);
    }
  }

  #settlement(call: Call, pending: Progress): Promise<Progress> {
    return new Promise((resolve) => this.#callRunner.waitForLoad(call, pending, resolve));
  }

  #settled(outcome: OutcomeWire): void {
    if (outcome.callId === this.#running) this.#outcome = outcome;
    else this.#onOutcomes([outcome]);
  }
}

function unknownExtension({ callId, extensionId }: CallWire): OutcomeWire {
  return toOutcome(callId, { code: 'E_NOT_FOUND', message: `No extension ${extensionId} in this thread` });
}
