import type { ExtensionWire, Link, SettlementWire } from '@sandglass/core';

import type { Idle } from '../supply/idle-sandboxes.js';
import { NativeFunctions, type SliceListener } from './native-functions.js';
import { prepareRealm } from './prepare-realm.js';
import type { PreludeFunction } from './prelude/prelude.js';
import { markWritten } from '../quickjs/memory/cards.js';
import { instanceTable } from '../quickjs/instance-table.js';
import { evaluate, type Pointer } from '../quickjs/ffi.js';
import { compactHeap } from '../quickjs/memory/compact-heap.js';
import type { Layout } from '../quickjs/memory/layout.js';
import type { Instance } from '../quickjs/instance.js';
import { Realm, type Progress, type PromiseCapability } from '../quickjs/realm.js';
import { getHashSeed, writeSeed } from './seed.js';
import { fill, restore, takeSnapshot, usedStackBytes, type Snapshot, type SnapshotHeader } from './snapshot.js';
import { swapIn, swapOut, type Swapped } from './swap.js';
import { Thrown, ValueBridge, type Copied } from './value-bridge.js';

/** Polls before the interrupt handler is asked for the first time in a slice: few, since what lies between two of them can be slow. */
const FIRST_POLLS = 100;
const MIN_POLLS = 8;

/** Asking costs 0.15 µs, 1,000 branches 15 µs or more: 1 % (benchmarks/src/engine). The engine's own number is 10,000. */
const MAX_POLLS = 1_000;

/** Time that should pass from one poll to the next: how far a call can overrun its budget. */
const POLL_MS = 1;

/** A native that goes on for so long after its call was stopped is ended with its instance; most return sooner, and the sandbox is restored. */
const NATIVE_GRACE_MS = 5;

/** The instance itself failed: an exception of V8 or WASM went through it. It must never be restored. */
export class PoisonedError extends Error {
  override readonly name = 'PoisonedError';
}

/**
 * One QuickJS instance for one extension.
 *
 * Its owner runs one slice of guest code at a time: `evaluate`, `register`, `invoke`, `settle`, `copy`, `describe`. Every
 * one of them may throw {@link PoisonedError} and nothing else.
 */
export class Sandbox {
  /**
   * Of the slice that is running, in whichever sandbox of the thread: were it each sandbox's own, V8's collector would have to note for every
   * one of them that something old holds something new.
   */
  static #listener: SliceListener | undefined;
  /** Where it waits while it is idle, for who keeps it. */
  place: Link<Idle<Sandbox>> | undefined;
  readonly #realm: Realm;
  readonly #extension: ExtensionWire;
  readonly #prelude: Readonly<Record<PreludeFunction, Pointer>>;
  readonly #bridge: ValueBridge;
  readonly #natives: NativeFunctions;
  #handlers: readonly Pointer[];
  /** Static imports are resolved while the entrypoint compiles; whatever comes later is a dynamic one. */
  #linking = false;
  /** A failure inside a native callback, which must not throw through WASM. */
  #callbackError: unknown;
  /** Its memory may be another sandbox's by now. */
  #isRetired = false;
  #isSound = true;
  #polls = FIRST_POLLS;
  #polledAt = 0;
  /** When a native was first seen to run after its call was stopped. */
  #overdueSince = Infinity;

  private constructor(
    realm: Realm,
    extension: ExtensionWire,
    prelude: Readonly<Record<PreludeFunction, Pointer>>,
    handlers: readonly Pointer[],
  ) {
    this.#realm = realm;
    this.#extension = extension;
    this.#prelude = prelude;
    this.#handlers = handlers;
    this.#bridge = new ValueBridge(realm, prelude);
    this.#natives = new NativeFunctions(realm, this.#bridge, extension);
    const { instance } = realm;
    instanceTable.open(instance);
    const { hooks } = instance;
    hooks.shouldInterrupt = () => this.#poll();
    hooks.onLoopFuelSpent = () => this.#endNative();
    hooks.callFunction = (_ctx, _self, argc, argv, id) =>
      this.#protect(() => this.#natives.call(Sandbox.#listener, id, argc, argv));
    hooks.normalizeModule = (_rt, _ctx, _base, specifier) =>
      this.#protect(() => this.#natives.resolve(String(specifier), this.#linking));
  }

  /** An instance whose realm is prepared and that has seen nothing of the extension yet. */
  static boot(instance: Instance, layout: Layout, extension: ExtensionWire): Sandbox {
    instance.words[layout.heapEndAt >> 2] = instance.heap.start; // nothing is allocated yet
    instance.functions.hashSeed.value = getHashSeed();
    const realm = Realm.create(instance, layout, extension.limits.stackBytes);
    // The prelude's functions are called by the natives, which it is given: both exist before either runs.
    const prelude = {} as Record<PreludeFunction, Pointer>;
    const sandbox = new Sandbox(realm, extension, prelude, []);
    try {
      Object.assign(prelude, prepareRealm(realm, extension));
    } catch (error) {
      sandbox.retire();
      throw error;
    }
    return sandbox;
  }

  /** An instance that begins where the snapshot was taken: nothing is evaluated. */
  static fromSnapshot(instance: Instance, layout: Layout, extension: ExtensionWire, snapshot: Snapshot): Sandbox {
    const { realm: pointers, prelude, handlers } = snapshot.header;
    const sandbox = new Sandbox(new Realm(instance, layout, pointers), extension, prelude, handlers);
    fill(instance, snapshot);
    return sandbox;
  }

  /** Whether no exception went through its instance, and nothing wrote where the engine does not. */
  get isSound(): boolean {
    return this.#isSound;
  }

  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** Gives up the instance for good. */
  retire(): Instance {
    const { instance } = this.#realm;
    this.#isRetired = true;
    instanceTable.close(instance);
    return instance;
  }

  /** Heap that the engine has taken from the memory so far, in bytes. Falls only at a restore. */
  get heapBytes(): number {
    const { instance, layout } = this.#realm;
    return instance.words[layout.heapEndAt >> 2]! - instance.heap.start;
  }

  /** Linear memory, static data and C stack included, in bytes. Never falls. */
  get memoryBytes(): number {
    return this.#realm.instance.bytes.length;
  }

  /** Whether an allocation was refused since `begin` because the pool's memory is used up, not the sandbox's. */
  get isShort(): boolean {
    return this.#realm.instance.heap.isShort;
  }

  /** Heap that an allocation beyond the memory limit would have needed since `begin`, in bytes; 0 if none did. */
  get refusedBytes(): number {
    const { refusedBytes, start } = this.#realm.instance.heap;
    return refusedBytes && refusedBytes - start;
  }

  /** Whether guest code reached the last quarter of its C stack since the last restore: tells a real overflow from a forged one. */
  reachedStackLimit(): boolean {
    const { instance, layout } = this.#realm;
    const { stackBytes } = this.#extension.limits;
    return usedStackBytes(instance, layout) > stackBytes * 0.75;
  }

  /** Prepares for a call: a new seed for `Math.random`. */
  begin(): void {
    const { instance, layout, pointers } = this.#realm;
    instance.heap.refusedBytes = 0;
    instance.heap.isShort = false;
    const at = pointers.ctx + layout.randomOffset;
    writeSeed(instance.words, at >> 2);
    markWritten(instance, at, 8);
  }

  /** Undoes all that was done since the snapshot. @returns false if that cannot be made sure: the sandbox has to go. */
  restore(snapshot: Snapshot): boolean {
    this.#realm.forget();
    this.#isSound &&= restore(this.#realm.instance, this.#realm.layout, snapshot);
    return this.#isSound;
  }

  /** What the call in it has written, if that can wait elsewhere; the sandbox is as it was. */
  swapOut(snapshot: Snapshot): Swapped | undefined {
    return this.#isSound && !this.#isRetired ? swapOut(this.#realm, snapshot) : undefined;
  }

  /** Brings a call back. The sandbox has been restored, and nothing has happened in it since. */
  swapIn(swapped: Swapped): void {
    swapIn(this.#realm, swapped);
  }

  /** Gives up what slices left behind, in a sandbox that is not restored, and what a call that is over still held. */
  release(...held: Pointer[]): void {
    this.#enter(undefined, () => {
      for (const pointer of held) this.#realm.own(pointer);
      this.#realm.release();
    });
  }

  /** Makes the heap ready for calls: once, before the last `snapshot`. */
  compactHeap(): void {
    this.#enter(undefined, () => {
      this.#realm.release();
      compactHeap(this.#realm.instance);
    });
  }

  /** Saves the sandbox as it is: between calls, with nothing pending. */
  snapshot(identity: Pick<SnapshotHeader, 'key' | 'registrations'>): Promise<Snapshot> {
    const { instance, layout, pointers } = this.#realm;
    this.#realm.release();
    const handlers = [...this.#handlers];
    return takeSnapshot(instance, layout, { ...identity, realm: pointers, prelude: { ...this.#prelude }, handlers });
  }

  /** Compiles and evaluates the entrypoint. Comes to its namespace. */
  evaluate(listener: SliceListener): Progress {
    return this.#enter(listener, () => {
      const { source, filename } = this.#extension;
      this.#linking = true;
      const result = evaluate(this.#realm.instance, this.#realm.pointers.ctx as never, source, 'module', filename);
      this.#linking = false;
      return this.#progress(this.#realm.own(result), listener);
    });
  }

  /** Hands the default export its functions. Comes to what it returned. */
  register(listener: SliceListener, namespace: Pointer): Progress {
    return this.#enter(listener, () => {
      const realm = this.#realm;
      const entry = realm.get(namespace, 'default');
      if (realm.isException(entry)) return this.#progress(entry, listener);
      return this.#progress(realm.call(this.#prelude.register, realm.newString(this.#extension.type), entry), listener);
    });
  }

  /** Ends the registration: a list of `[type, method or event or id, path]`, encoded. */
  registered(listener: SliceListener): Copied {
    return this.#enter(listener, () => {
      const realm = this.#realm;
      const list = this.#bridge.copy(realm.call(this.#prelude.registered));
      const count = realm.toNumber(realm.get(this.#prelude.handlers, 'length'));
      this.#handlers = Array.from({ length: count }, (_, i) => realm.keep(realm.get(this.#prelude.handlers, i)));
      return list;
    });
  }

  /** Calls a handler with an encoded argument, up to its first await that has to wait. */
  invoke(listener: SliceListener, handler: number, argument: Uint8Array): Progress {
    return this.#enter(listener, () => {
      const realm = this.#realm;
      const target = this.#handlers[handler] ?? 0;
      const progress = realm.invoke(target, argument, this.#extension.isolation === 'pristine');
      if (progress) return this.#settled(progress, listener);
      const value = this.#bridge.decode(argument);
      return this.#progress(realm.isException(value) ? value : realm.call(target, value), listener);
    });
  }

  /** Answers a capability call and runs what waited for the answer. What slices before it made is the guest's alone from here on. */
  settle(listener: SliceListener, promise: PromiseCapability, answer: SettlementWire): void {
    this.#enter(listener, () => {
      const realm = this.#realm;
      realm.release();
      const value = answer.ok ? this.#bridge.decode(answer.value) : this.#bridge.newError(answer.error);
      const failed = realm.isException(value);
      const reason = failed ? realm.takeException(value) || realm.pointers.undefined : value;
      realm.call(answer.ok && !failed ? promise.resolve : promise.reject, reason);
      for (const pointer of [promise.promise, promise.resolve, promise.reject]) realm.own(pointer);
      realm.release();
      realm.runJobs(listener);
    });
  }

  /** Whether jobs of promises wait to be run. */
  get hasJobs(): boolean {
    return this.#realm.hasJobs;
  }

  /** Runs the jobs that wait, in a sandbox that goes on after the call. */
  drain(listener: SliceListener): void {
    this.#enter(listener, () => this.#realm.runJobs(listener));
  }

  /** What a promise that was pending has come to since. */
  poll(promise: Pointer): Progress {
    return this.#enter(undefined, () => this.#realm.stateOf(promise));
  }

  /** Keeps a value across slices in a sandbox that is not restored. */
  keep(value: Pointer): Pointer {
    return this.#enter(undefined, () => this.#realm.keep(value));
  }

  /** Copies a value out. May run guest code (getters), under the listener. */
  copy(listener: SliceListener, value: Pointer): Copied {
    return this.#enter(listener, () => this.#bridge.copy(value));
  }

  /**
   * What was thrown as plain data (`describeThrown` of the prelude), encoded. Runs guest code. Undefined if even that
   * failed. A brief description has a kilobyte of each text and no data.
   */
  describe(listener: SliceListener, thrown: Pointer, isBrief = false): Uint8Array | undefined {
    return this.#enter(listener, () => {
      const realm = this.#realm;
      const args = isBrief ? [thrown, realm.own(realm.newNumber(1))] : [thrown];
      const description = realm.call(this.#prelude.describeThrown, ...args);
      const copied = realm.isException(description) ? undefined : this.#bridge.copy(description);
      return copied instanceof Thrown ? undefined : copied;
    });
  }

  /** Every entry into the instance. */
  #enter<T>(listener: SliceListener | undefined, run: () => T): T {
    if (this.#isRetired) throw new PoisonedError('the sandbox was given up');
    Sandbox.#listener = listener;
    this.#callbackError = undefined;
    this.#overdueSince = Infinity;
    this.#polls = FIRST_POLLS;
    this.#polledAt = Infinity; // the first time is not measured
    this.#realm.countdown = FIRST_POLLS;
    try {
      const result = run();
      if (this.#callbackError !== undefined) throw this.#callbackError;
      return result;
    } catch (error) {
      this.#isSound = false;
      throw error instanceof PoisonedError ? error : new PoisonedError(String(error), { cause: error });
    } finally {
      Sandbox.#listener = undefined;
    }
  }

  /** The interrupt handler. The engine counts branches and calls, which can be slow (an overflow with its stack trace takes a millisecond): so the count follows the clock. */
  #poll(): 0 | 1 {
    const now = performance.now();
    if (this.#callbackError !== undefined || Sandbox.#listener?.mustStop(now)) return 1;
    const factor = Math.min(2, POLL_MS / Math.max(0, now - this.#polledAt));
    this.#polledAt = now;
    this.#polls = Math.min(MAX_POLLS, Math.max(MIN_POLLS, Math.round(this.#polls * factor)));
    this.#realm.countdown = this.#polls;
    return 0;
  }

  /** In a loop of the engine's own, or after it has copied much. Throwing here ends the instance; most are back at a poll before. */
  #endNative(): void {
    const now = performance.now();
    if (Sandbox.#listener?.mustStop(now) !== true) return;
    this.#realm.countdown = 1;
    this.#overdueSince = Math.min(this.#overdueSince, now);
    if (now - this.#overdueSince > NATIVE_GRACE_MS) throw new Error('a native ran beyond the limits of its call');
  }

  #progress(result: Pointer, listener: SliceListener): Progress {
    const realm = this.#realm;
    if (realm.isException(result)) return { state: 'rejected', value: realm.takeException(result) };
    return this.#settled(realm.stateOf(result), listener);
  }

  /** What it comes to once the jobs have run, if it is a promise that waits for them. */
  #settled(progress: Progress, listener: SliceListener): Progress {
    if (progress.state !== 'pending') return progress;
    this.#realm.runJobs(listener);
    return this.#realm.stateOf(progress.value);
  }

  /** A native callback: what it throws is kept until the slice ends, which is at the next poll. */
  #protect(run: () => Pointer): Pointer {
    try {
      return run();
    } catch (error) {
      this.#callbackError = error ?? new Error('a callback failed');
      this.#realm.countdown = 1;
      return 0;
    }
  }
}
