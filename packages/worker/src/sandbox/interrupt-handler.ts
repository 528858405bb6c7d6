import type { CapabilityErrorWire } from '@sandglass/core';

import type { Pointer } from '../quickjs/ffi.js';
import type { PromiseCapability } from '../quickjs/promise-capability.js';
import type { Realm } from '../quickjs/realm.js';

/** Branches and calls before the first poll of a slice: few, since each of them can be slow. */
const FIRST_POLLS = 100;
const MIN_POLLS = 8;

/** Polling costs 1 % at this rate: a poll takes 0.15 µs (one-off). The engine's own is 10,000. */
const MAX_POLLS = 1_000;

/** Time that should pass from one poll to the next: how far a call can overrun its budget. */
const POLL_MS = 1;

/**
 * Time that a native has to return after its call was stopped. After that, its instance is dropped.
 * Most natives return sooner, and their sandbox is restored.
 */
const NATIVE_GRACE_MS = 5;

/** What a slice asks and tells outside of the sandbox while guest code runs. */
export interface SliceListener {
  /**
   * Whether the running guest code must end. Asked at every poll and between jobs.
   *
   * @param now `performance.now()`
   */
  mustStop(now?: number): boolean;
  /**
   * An asynchronous capability was called. An answer is for the guest at once; without one,
   * `settle` comes later.
   */
  onCapability(index: number, args: Uint8Array[], promise: PromiseCapability): CapabilityErrorWire | undefined;
  /** A synchronous one was called, its arguments checked. */
  onSync(index: number, args: Uint8Array[]): CapabilityErrorWire | undefined;
  /** A promise was rejected that nobody handles yet. @param keep keeps its reason; 0 for no room */
  onRejection(promise: Pointer, keep: () => Pointer): void;
  /** Somebody handles it by now. @returns the reason that was kept; 0 if none was */
  onHandled(promise: Pointer): Pointer;
}

/** Interrupts the guest code of a sandbox when the listener of its slice says so. */
export class InterruptHandler {
  /**
   * Listener of the slice that is running in this thread. With a field in each sandbox, V8's
   * remembered set would get an entry for each: an old object that points to a new one.
   */
  static #listener: SliceListener | undefined;
  readonly #realm: Realm;
  #polls = FIRST_POLLS;
  #polledAt = 0;
  /** When a native was first seen to run after its call was stopped. */
  #overdueSince = Infinity;

  /** Has the realm's instance ask here while its code runs. */
  constructor(realm: Realm) {
    this.#realm = realm;
    const { hooks } = realm.instance;
    hooks.shouldInterrupt = () => this.#poll();
    hooks.onLoopFuelSpent = () => this.#endNative();
    hooks.onRejection = (promise, reason, isHandled) => {
      const { listener } = this;
      if (!isHandled) return listener?.onRejection(realm.addressOf(promise), () => realm.keep(reason));
      const kept = listener?.onHandled(realm.addressOf(promise)) ?? 0;
      if (kept !== 0) realm.free(kept); // the promise has it, too
    };
  }

  /** Of the slice that is running. */
  get listener(): SliceListener | undefined {
    return InterruptHandler.#listener;
  }

  begin(listener: SliceListener | undefined): void {
    InterruptHandler.#listener = listener;
    this.#overdueSince = Infinity;
    this.#polls = FIRST_POLLS;
    this.#polledAt = Infinity; // the first time is not measured
    this.#realm.countdown = FIRST_POLLS;
  }

  end(): void {
    InterruptHandler.#listener = undefined;
  }

  /**
   * The interrupt handler. The engine counts branches and calls, which can be slow (an overflow
   * with its stack trace takes a millisecond): so the count follows the clock.
   */
  #poll(): 0 | 1 {
    const now = performance.now();
    if (InterruptHandler.#listener?.mustStop(now)) return 1;
    const factor = Math.min(2, POLL_MS / Math.max(0, now - this.#polledAt));
    this.#polledAt = now;
    this.#polls = Math.min(MAX_POLLS, Math.max(MIN_POLLS, Math.round(this.#polls * factor)));
    this.#realm.countdown = this.#polls;
    return 0;
  }

  /**
   * Called when a native has burnt its fuel. Throwing here drops the instance; most natives reach a
   * poll before.
   */
  #endNative(): void {
    const now = performance.now();
    if (InterruptHandler.#listener?.mustStop(now) !== true) return;
    this.#realm.countdown = 1;
    this.#overdueSince = Math.min(this.#overdueSince, now);
    if (now - this.#overdueSince > NATIVE_GRACE_MS) throw new Error('a native ran beyond the limits of its call');
  }
}
