import type { CapabilityErrorWire, ExtensionWire } from '@sandglass/core';

import { newCString, type Pointer } from '../quickjs/ffi.js';
import { kindOf } from '../quickjs/kind-of.js';
import { heldBy, newPromise, type PromiseCapability } from '../quickjs/promise-capability.js';
import type { Realm } from '../quickjs/realm.js';
import type { LateFunctions } from './late-functions.js';
import { LATE_FUNCTIONS } from './prelude/late.js';
import type { SliceListener, InterruptHandler } from './interrupt-handler.js';
import { Thrown, type ValueBridge } from './value-bridge.js';

/**
 * Ids of the native functions; those of the capabilities follow in the order of the extension's
 * list.
 */
export const KIND_OF = 1;
export const WRITE_CONSOLE = 2;
export const ASK_LOCALE = 3;
export const FIRST_LATE = 4;
export const FIRST_CAPABILITY: number = FIRST_LATE + LATE_FUNCTIONS.length;

type NativeCall = Parameters<Realm['instance']['hooks']['callFunction']>;

/** What answers the natives of one sandbox. */
interface Answering {
  bridge: ValueBridge;
  late: LateFunctions;
  interrupts: InterruptHandler;
}

/** The functions behind the capabilities, as guest code calls them. */
export class NativeFunctions {
  readonly #realm: Realm;
  readonly #bridge: ValueBridge;
  readonly #late: LateFunctions;
  readonly #extension: ExtensionWire;
  readonly #interrupts: InterruptHandler;
  /**
   * Static imports are resolved while the entrypoint compiles; whatever comes later is a dynamic
   * one.
   */
  isLinking = false;

  /** Answers what the realm's instance asks while guest code runs. */
  constructor(realm: Realm, extension: ExtensionWire, { bridge, late, interrupts }: Answering) {
    this.#realm = realm;
    this.#bridge = bridge;
    this.#late = late;
    this.#extension = extension;
    this.#interrupts = interrupts;
    const { hooks } = realm.instance;
    // the context, this, argc and argv come before the id
    hooks.callFunction = (...args) => this.#call(args);
    hooks.normalizeModule = (...args) => this.#resolve(String(args[3]));
  }

  /** @returns what the guest's call comes to; 0 for undefined. */
  #call([, self, argc, argv, id]: NativeCall): Pointer {
    const { instance, layout } = this.#realm;
    if (id === KIND_OF) return this.#realm.newNumber(argc > 0 ? kindOf(instance, layout, argv) : 0);
    if (id >= ASK_LOCALE && id < FIRST_CAPABILITY) return this.#callLate(id, self, argc, argv);
    const { capabilities } = this.#extension;
    const index =
      id === WRITE_CONSOLE ? capabilities.findIndex(({ name }) => name === 'console') : id - FIRST_CAPABILITY;
    const capability = capabilities[index];
    const { listener } = this.#interrupts;
    if (!listener || !capability) return 0; // a console that nobody listens to
    const owned = this.#realm.ownedCount;
    const result = capability.sync
      ? this.#callSync(listener, index, argc, argv)
      : this.#callAsync(listener, index, argc, argv);
    this.#realm.release(owned); // the copies of its arguments
    return result;
  }

  #callLate(id: number, self: Pointer, argc: number, argv: Pointer): Pointer {
    const owned = this.#realm.ownedCount;
    const late = this.#late;
    const result = id === ASK_LOCALE ? late.answer(argv) : late.call(id - FIRST_LATE, self, argc, argv);
    this.#realm.release(owned);
    if (result === 0) throw new RangeError('the heap is full');
    return result;
  }

  /**
   * Static imports resolve to the capabilities' modules while the entrypoint is linked; nothing
   * else does, ever.
   */
  #resolve(specifier: string): Pointer {
    const known = this.#extension.capabilities.some(({ module }) => module !== '' && module === specifier);
    if (this.isLinking && known) return newCString(this.#realm.instance, specifier).at;
    const message = 'Imports other than "directus:api" are prohibited in API extension sandboxes';
    this.#fail(
      this.isLinking
        ? { name: 'Error', message, code: 'E_LOAD' }
        : { name: 'Error', message: 'Not supported', code: 'E_GUEST' },
    );
    return 0;
  }

  /** Throws an error into the guest. */
  #fail(error: CapabilityErrorWire): Pointer {
    const thrown = this.#realm.throw(this.#bridge.newError(error));
    this.#interruptSoon(error);
    return thrown;
  }

  /** A call over its quota has ended: its guest code is asked to stop at its next step. */
  #interruptSoon({ code }: CapabilityErrorWire): void {
    if (code === 'E_QUOTA') this.#realm.countdown = 1;
  }

  #callSync(listener: SliceListener, index: number, argc: number, argv: Pointer): Pointer {
    const realm = this.#realm;
    const { name, granted, sync = [] } = this.#extension.capabilities[index]!;
    if (!granted) return this.#fail({ name: 'Error', message: `No permission to access "${name}"`, code: 'E_SCOPE' });
    const args: Uint8Array[] = [];
    for (const [i, { label, type }] of sync.entries()) {
      const value = i < argc ? realm.argument(argv, i) : realm.pointers.undefined;
      if (realm.typeOf(value) !== type) {
        return this.#fail({ name: 'TypeError', message: `${label} has to be of type ${type}`, code: 'E_GUEST' });
      }
      const copied = this.#bridge.copy(value);
      if (copied instanceof Thrown) return realm.throw(copied.value || realm.pointers.undefined);
      args.push(copied);
    }
    const error = listener.onSync(index, args);
    return error ? this.#fail(error) : 0;
  }

  /** What goes wrong here is a rejection, never thrown. */
  #callAsync(listener: SliceListener, index: number, argc: number, argv: Pointer): Pointer {
    const realm = this.#realm;
    const { parameters } = this.#extension.capabilities[index]!;
    const promise = newPromise(realm);
    if (realm.isException(promise.promise)) return promise.promise; // no room for one
    const args: Uint8Array[] = [];
    for (let i = 0; i < Math.min(argc, parameters); i++) {
      const copied = this.#bridge.copy(realm.argument(argv, i), true);
      if (copied instanceof Thrown) return this.#reject(promise, copied.value || realm.pointers.undefined);
      args.push(copied);
    }
    const error = listener.onCapability(index, args, promise);
    if (!error) return realm.keep(promise.promise); // the guest's own reference
    const rejected = this.#reject(promise, this.#bridge.newError(error));
    this.#interruptSoon(error);
    return rejected;
  }

  #reject(promise: PromiseCapability, reason: Pointer): Pointer {
    this.#realm.call(promise.reject, reason);
    for (const pointer of heldBy(promise)) if (pointer !== promise.promise) this.#realm.own(pointer);
    return promise.promise;
  }
}
