import type { ExtensionWire, Link, SettlementWire } from '@sandglass/core';

import type { Idle } from '../supply/idle-sandboxes.js';
import { LateFunctions } from './late-functions.js';
import { NativeFunctions } from './native-functions.js';
import type { PreludeFunction } from './prelude/prelude.js';
import { markWritten } from '../quickjs/memory/cards.js';
import { instanceTable } from '../quickjs/instance-table.js';
import { evaluate, type Pointer } from '../quickjs/ffi.js';
import { compactHeap } from '../quickjs/memory/compact-heap.js';
import type { Instance } from '../quickjs/instance.js';
import type { PromiseCapability } from '../quickjs/promise-capability.js';
import type { Progress, Realm } from '../quickjs/realm.js';
import { writeSeed } from './seed.js';
import { type SliceListener, InterruptHandler } from './interrupt-handler.js';
import { restore, takeSnapshot, usedStackBytes, type Snapshot, type SnapshotHeader } from './snapshot.js';
import { swapIn, swapOut, type Swapped } from './swap.js';
import { Thrown, ValueBridge, type Copied } from './value-bridge.js';

/** An exception went through the instance, which must never be restored. */
export class PoisonedError extends Error {
  override readonly name = 'PoisonedError';
}

/**
 * One QuickJS instance for one extension.
 *
 * Its owner runs one slice of guest code at a time: `evaluate`, `register`, `invoke`, `settle`,
 * `copy`, `describe`. Every one of them may throw {@link PoisonedError} and nothing else.
 */
export class Sandbox {
  /** Its link in the list of idle sandboxes. */
  idleLink: Link<Idle<Sandbox>> | undefined;
  readonly #realm: Realm;
  readonly #extension: ExtensionWire;
  readonly #prelude: Readonly<Record<PreludeFunction, Pointer>>;
  readonly #bridge: ValueBridge;
  readonly #late: LateFunctions;
  readonly #natives: NativeFunctions;
  readonly #interrupts: InterruptHandler;
  #handlers: readonly Pointer[];
  /** Its memory may be another sandbox's by now. */
  #isRetired = false;
  #isSound = true;

  /** Call it through `create-sandbox.ts`, which puts the realm into the instance. */
  constructor(
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
    this.#interrupts = new InterruptHandler(realm);
    this.#late = new LateFunctions(realm, this.#bridge, prelude);
    const answering = { bridge: this.#bridge, late: this.#late, interrupts: this.#interrupts };
    this.#natives = new NativeFunctions(realm, extension, answering);
    instanceTable.open(realm.instance);
  }

  /** Whether its instance may be used again: no exception, no write to the card table. */
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

  /** Whether an allocation was refused since `begin` for want of memory of the pool. */
  get isShort(): boolean {
    return this.#realm.instance.heap.isShort;
  }

  /** Heap in bytes that a refused allocation would have needed since `begin`; 0 if none was. */
  get refusedBytes(): number {
    const { refusedBytes, start } = this.#realm.instance.heap;
    return refusedBytes && refusedBytes - start;
  }

  /** Whether guest code reached the last quarter of its C stack: tells a real overflow. */
  reachedStackLimit(): boolean {
    const { instance, layout } = this.#realm;
    const { stackBytes } = this.#extension.limits;
    return usedStackBytes(instance, layout) > stackBytes * 0.75;
  }

  /** Prepares for a call: a new seed for `Math.random`. */
  begin(): void {
    this.#late.locale.begin();
    const { instance, layout, pointers } = this.#realm;
    instance.heap.refusedBytes = 0;
    instance.heap.isShort = false;
    const at = pointers.ctx + layout.randomOffset;
    writeSeed(instance.words, at >> 2);
    markWritten(instance, at, 8);
  }

  /** Restores the snapshot. @returns false if the card table was tampered with: drop it */
  restore(snapshot: Snapshot): boolean {
    this.#realm.forget();
    this.#isSound &&= restore(this.#realm.instance, this.#realm.layout, snapshot);
    return this.#isSound;
  }

  /** Copies what its suspended call has written. @returns undefined if the call keeps it */
  swapOut(snapshot: Snapshot): Swapped | undefined {
    return this.#isSound && !this.#isRetired ? swapOut(this.#realm, snapshot) : undefined;
  }

  /** Brings a swapped out call back, into a sandbox that has just been restored. */
  swapIn(swapped: Swapped): void {
    swapIn(this.#realm, swapped);
  }

  /** Frees the values of past slices, in a sandbox that is not restored. */
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
      this.#natives.isLinking = true;
      const { instance, pointers } = this.#realm;
      const result = evaluate(instance, pointers.ctx, source, { as: 'module', filename });
      this.#natives.isLinking = false;
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

  /**
   * Answers a capability call and runs what waited for the answer. What slices before it made is
   * the guest's alone from here on.
   *
   * @param awaited a promise that was pending, of which this tells; 0 if nobody asks.
   */
  settle(
    listener: SliceListener,
    promise: PromiseCapability,
    answer: SettlementWire,
    awaited: Pointer,
  ): Progress | undefined {
    return this.#enter(listener, () => {
      this.#bridge.settle(promise, answer, awaited);
      if (!this.#realm.hasJobs) return awaited === 0 ? undefined : this.#realm.ended(awaited);
      this.#realm.runJobs(listener);
      return awaited === 0 ? undefined : this.#realm.stateOf(awaited);
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

  /** The state of a promise that was pending. */
  poll(promise: Pointer): Progress {
    return this.#enter(undefined, () => this.#realm.stateOf(promise));
  }

  /** Keeps a value across slices in a sandbox that is not restored. */
  keep(value: Pointer): Pointer {
    return this.#enter(undefined, () => this.#realm.keep(value));
  }

  /** Copies a result out. May run guest code (getters), under the listener. */
  copy(listener: SliceListener, value: Pointer): Copied {
    return this.#enter(listener, () => this.#bridge.copyResult(value));
  }

  /**
   * What was thrown as plain data (`describeThrown` of the prelude), encoded. Runs guest code.
   * Undefined if even that failed. A brief description has a kilobyte of each text and no data.
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

  /** The stack of what was thrown, encoded, if that is an error with one. Runs no guest code. */
  stackOf(thrown: Pointer): Uint8Array | undefined {
    const copied = this.#enter(undefined, () => this.#bridge.copy(this.#realm.call(this.#prelude.stackOf, thrown)));
    return copied instanceof Thrown ? undefined : copied;
  }

  /** Every entry into the instance. */
  #enter<T>(listener: SliceListener | undefined, run: () => T): T {
    if (this.#isRetired) throw new PoisonedError('the sandbox was given up');
    const interrupts = this.#interrupts;
    interrupts.begin(listener);
    try {
      return run();
    } catch (error) {
      this.#isSound = false;
      throw error instanceof PoisonedError ? error : new PoisonedError(String(error), { cause: error });
    } finally {
      interrupts.end();
    }
  }

  #progress(result: Pointer, listener: SliceListener): Progress {
    const realm = this.#realm;
    if (realm.isException(result)) return { state: 'rejected', value: realm.takeException(result) };
    return this.#settled(realm.stateOf(result), listener);
  }

  /** Runs promise jobs if the value is a pending promise. @returns its state then */
  #settled(progress: Progress, listener: SliceListener): Progress {
    if (progress.state !== 'pending') return progress;
    this.#realm.runJobs(listener);
    return this.#realm.stateOf(progress.value);
  }
}
