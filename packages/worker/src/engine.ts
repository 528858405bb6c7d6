import type {
  CallWire,
  CapabilityCallWire,
  EngineModule,
  EngineStats,
  ErrorWire,
  ExtensionWire,
  InstallWire,
  OutcomeWire,
  SettlementWire,
  SnapshotWire,
  ThreadReply,
} from '@sandglass/core';

import { Call, type CallEnvironment } from './call.js';
import { describeFailure, describePoison, limitFailure } from './failure.js';
import { loadExtension, LoadError, loadTimeout } from './load.js';
import { compileEngine } from './quickjs/engine-module.js';
import { probeLayout, type Layout } from './quickjs/layout.js';
import type { Progress } from './quickjs/realm.js';
import { SandboxPool, type PoolCounters } from './sandbox-pool.js';
import { Sandbox } from './sandbox.js';
import { randomSeed } from './seed.js';
import { snapshotKey } from './snapshot-key.js';
import { openSnapshot, type Snapshot } from './snapshot.js';

export interface EngineOptions {
  /** @default compiled from quickjs-emscripten's package */
  wasm?: EngineModule;
  /** Where the engine says which call it is in: see SLOT in core. @default memory of its own */
  slots?: Int32Array;
  /** Outcomes of calls that did not finish inside `run`. */
  onOutcomes: (outcomes: OutcomeWire[]) => void;
  /** Capability calls of guests; the host answers the asynchronous ones through `settle`. */
  onCapabilities: (calls: CapabilityCallWire[]) => void;
}

/** The extensions and sandboxes of one thread. */
export interface Engine {
  /** Evaluates an extension, or takes it from a snapshot that fits. Never rejects: an error is part of the answer. */
  load(extension: ExtensionWire, snapshot?: SnapshotWire): Promise<ThreadReply['load']>;
  /** Makes an extension known that another engine has loaded. */
  install(install: InstallWire): void;
  /** Runs each call up to its first await that has to wait. Returns the outcomes of those that finished; the others come through `onOutcomes`. */
  run(calls: CallWire[]): OutcomeWire[];
  settle(settlements: SettlementWire[]): void;
  /** Drops calls that the host has settled already. They have no outcome. */
  abort(callIds: number[]): void;
  /** Drops an extension, its sandboxes and its calls. */
  forget(extensionId: number): void;
  stats(): EngineStats;
  close(): void;
}

/** An extension in this thread. */
interface Installed {
  pool: SandboxPool;
  /** The one sandbox of a persistent extension, from its first call on. */
  persistent?: Promise<Sandbox>;
}

export async function createEngine(options: EngineOptions): Promise<Engine> {
  const wasm = options.wasm ?? (await compileEngine());
  return new ThreadEngine(wasm, await probeLayout(wasm), options);
}

class ThreadEngine implements Engine {
  readonly #wasm: EngineModule;
  readonly #layout: Layout;
  readonly #onOutcomes: EngineOptions['onOutcomes'];
  readonly #environment: CallEnvironment;
  readonly #installed: Map<number, Installed> = new Map();
  readonly #active: Map<number, Call> = new Map();
  /** Calls whose sandbox is being made. Aborting one takes it out. */
  readonly #starting: Set<number> = new Set();
  readonly #counters: PoolCounters = { sandboxes: 0, restores: 0, replacements: 0 };
  /** The outcomes of a `run` that is going on. */
  #collected: OutcomeWire[] | undefined;

  constructor(wasm: EngineModule, layout: Layout, options: EngineOptions) {
    this.#wasm = wasm;
    this.#layout = layout;
    this.#onOutcomes = options.onOutcomes;
    this.#environment = { slots: options.slots ?? new Int32Array(2), send: options.onCapabilities };
  }

  async load(extension: ExtensionWire, wire?: SnapshotWire): Promise<ThreadReply['load']> {
    try {
      const key = await snapshotKey(this.#wasm, extension);
      const known = wire && openSnapshot(wire, key, this.#layout);
      const snapshot = known ?? (await this.#evaluate(extension, key));
      if (known) this.#add(extension, known);
      const { registrations, heapEnd } = snapshot.header;
      return { ok: true, loaded: { registrations, snapshot: snapshot.wire, heapBytes: heapEnd - this.#layout.heapBase } };
    } catch (error) {
      const wire: ErrorWire = error instanceof LoadError ? error.wire : { code: 'E_LOAD', message: `Cannot load "${extension.name}": ${String(error)}` };
      return { ok: false, error: wire };
    }
  }

  install({ extension, loaded }: InstallWire): void {
    if (this.#installed.has(extension.id)) return;
    const snapshot = openSnapshot(loaded.snapshot, loaded.snapshot.key, this.#layout);
    if (snapshot) this.#add(extension, snapshot);
  }

  run(calls: CallWire[]): OutcomeWire[] {
    const collected: OutcomeWire[] = [];
    this.#collected = collected;
    for (const call of calls) this.#start(call);
    this.#collected = undefined;
    return collected;
  }

  settle(settlements: SettlementWire[]): void {
    for (const settlement of settlements) {
      const call = this.#active.get(settlement.callId);
      const promise = call?.waiting.get(settlement.seq);
      if (!call || !promise) continue;
      call.waiting.delete(settlement.seq);
      this.#guard(call, () => {
        call.slice(() => call.sandbox.settle(call, promise, settlement));
        for (const other of this.#sharing(call)) this.#look(other);
      });
    }
  }

  abort(callIds: number[]): void {
    for (const callId of callIds) {
      this.#starting.delete(callId);
      const call = this.#active.get(callId);
      if (!call) continue;
      this.#active.delete(callId);
      if (call.extension.isolation === 'pristine') this.#installed.get(call.extension.id)?.pool.give(call.sandbox);
    }
  }

  forget(extensionId: number): void {
    this.abort([...this.#active.values()].filter(({ extension }) => extension.id === extensionId).map(({ callId }) => callId));
    this.#installed.get(extensionId)?.pool.close();
    this.#installed.delete(extensionId);
  }

  stats(): EngineStats {
    const pools = [...this.#installed.values()].map(({ pool }) => pool);
    const memoryBytes = pools.reduce((sum, pool) => sum + pool.snapshotBytes, 0);
    return { ...this.#counters, snapshots: pools.length, memoryBytes };
  }

  close(): void {
    for (const id of [...this.#installed.keys()]) this.forget(id);
  }

  #add(extension: ExtensionWire, snapshot: Snapshot): SandboxPool {
    const pool = new SandboxPool(this.#wasm, this.#layout, extension, snapshot, this.#counters);
    this.#installed.set(extension.id, { pool });
    return pool;
  }

  async #evaluate(extension: ExtensionWire, key: string): Promise<Snapshot> {
    const sandbox = await Sandbox.boot(this.#wasm, this.#layout, extension);
    let onSettled: (progress: Progress) => void = () => {};
    const call = new Call(-extension.id, extension, sandbox, this.#environment, (progress) => onSettled(progress));
    sandbox.begin(randomSeed());
    const timer = { id: undefined as ReturnType<typeof setTimeout> | undefined };
    try {
      const snapshot = await loadExtension(call, key, (pending) => {
        return new Promise((resolve, reject) => {
          onSettled = resolve;
          timer.id ??= setTimeout(() => reject(loadTimeout(call)), extension.limits.loadTimeMs);
          this.#wait(call, pending);
        });
      });
      this.#add(extension, snapshot).adopt(sandbox);
      return snapshot;
    } catch (error) {
      throw error instanceof LoadError ? error : new LoadError(describePoison(error, call));
    } finally {
      clearTimeout(timer.id);
      this.#active.delete(call.callId);
    }
  }

  #start(wire: CallWire): void {
    const installed = this.#installed.get(wire.extensionId);
    if (!installed) return this.#settled({ ...failure(wire.callId), error: { code: 'E_NOT_FOUND', message: `No extension ${wire.extensionId} in this thread` } });
    const { extension } = installed.pool;
    if (wire.argument.length > extension.limits.maxArgumentBytes) {
      return this.#settled({ ...failure(wire.callId), error: limitFailure('E_QUOTA', extension, 'maxArgumentBytes', wire.argument.length) });
    }
    const sandbox = extension.isolation === 'pristine' ? installed.pool.take() : undefined;
    if (sandbox) return this.#invoke(wire, extension, sandbox);
    this.#starting.add(wire.callId);
    const made = extension.isolation === 'pristine' ? installed.pool.create() : (installed.persistent ??= installed.pool.create());
    made.then(
      (ready) => {
        if (this.#starting.delete(wire.callId)) this.#invoke(wire, extension, ready);
        else if (extension.isolation === 'pristine') installed.pool.give(ready);
      },
      (error: unknown) => {
        this.#starting.delete(wire.callId);
        this.#settled({ ...failure(wire.callId), error: { code: 'E_WORKER_LOST', message: `Cannot make a sandbox for "${extension.name}": ${String(error)}` } });
      },
    );
  }

  #invoke(wire: CallWire, extension: ExtensionWire, sandbox: Sandbox): void {
    const call: Call = new Call(wire.callId, extension, sandbox, this.#environment, (progress) => this.#finish(call, progress));
    this.#guard(call, () => {
      sandbox.begin(randomSeed());
      call.slice(() => {
        const progress = sandbox.invoke(call, wire.handler, wire.argument);
        if (progress.state === 'pending' && !call.stopped) this.#wait(call, progress);
        else this.#finish(call, progress);
      });
    });
  }

  #wait(call: Call, { value }: Progress): void {
    call.promise = call.sandbox.keep(value);
    this.#active.set(call.callId, call);
  }

  /** All calls that a slice of this one may have moved on. */
  #sharing(call: Call): Call[] {
    if (call.extension.isolation === 'pristine') return [call];
    return [...this.#active.values()].filter(({ sandbox }) => sandbox === call.sandbox);
  }

  /** Whether a waiting call has come to something. */
  #look(call: Call): void {
    const progress = call.sandbox.poll(call.promise);
    if (progress.state === 'pending' && !call.stopped) return;
    this.#active.delete(call.callId);
    call.onSettled(progress);
  }

  /** Copies the result out and gives the sandbox back. */
  #finish(call: Call, progress: Progress): void {
    this.#guard(call, () => {
      const result = call.slice(() => this.#result(call, progress));
      this.#settled({ ...result, usage: call.usage });
      this.#giveBack(call, result.ok);
    });
  }

  #result(call: Call, { state, value }: Progress): Omit<Extract<OutcomeWire, { ok: true }>, 'usage'> | Omit<Extract<OutcomeWire, { ok: false }>, 'usage'> {
    const { callId, sandbox, extension } = call;
    if (call.stopped || state !== 'fulfilled') return { callId, ok: false, error: describeFailure(call, value) };
    const copied = sandbox.copy(call, value);
    if (call.stopped || !copied.ok) return { callId, ok: false, error: describeFailure(call, copied.ok ? 0 : copied.thrown) };
    const { length } = copied.bytes;
    if (length > extension.limits.maxResultBytes) return { callId, ok: false, error: limitFailure('E_QUOTA', extension, 'maxResultBytes', length) };
    return { callId, ok: true, value: copied.bytes };
  }

  #giveBack(call: Call, ok: boolean): void {
    const installed = this.#installed.get(call.extension.id);
    if (!installed) return;
    if (call.extension.isolation === 'pristine') return installed.pool.give(call.sandbox);
    // What a stopped call left running would go on at the cost of the others.
    if (!ok && (call.stopped || call.sandbox.exhausted)) return this.#dropPersistent(installed, call);
    call.sandbox.release();
  }

  /** Runs what touches an instance. One that fails is dropped, and its calls fail. */
  #guard(call: Call, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#active.delete(call.callId);
      if (call.callId < 0) return call.onSettled({ state: 'rejected', value: 0 });
      this.#settled({ callId: call.callId, ok: false, error: describePoison(error, call), usage: call.usage });
      const installed = this.#installed.get(call.extension.id);
      if (!installed) return;
      if (call.extension.isolation === 'pristine') installed.pool.replace();
      else this.#dropPersistent(installed, call);
    }
  }

  #dropPersistent(installed: Installed, call: Call): void {
    delete installed.persistent;
    installed.pool.drop();
    this.#counters.replacements++;
    for (const other of this.#sharing(call)) {
      this.#active.delete(other.callId);
      if (other === call) continue;
      const error: ErrorWire = { code: 'E_WORKER_LOST', message: `Cannot go on running "${other.extension.name}": another call ended its sandbox` };
      this.#settled({ callId: other.callId, ok: false, error, usage: other.usage });
    }
  }

  #settled(outcome: OutcomeWire): void {
    if (this.#collected) this.#collected.push(outcome);
    else this.#onOutcomes([outcome]);
  }
}

/** An outcome of a call that used nothing. */
function failure(callId: number): Pick<Extract<OutcomeWire, { ok: false }>, 'callId' | 'ok' | 'usage'> {
  return { callId, ok: false, usage: { cpuTimeMs: 0, heapBytes: 0 } };
}
