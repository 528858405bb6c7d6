import type { CapabilityErrorWire, CapabilityWire, ExtensionWire } from '@sandglass/core';

import { newCString, type Pointer } from '../quickjs/ffi.js';
import type { PromiseCapability, Realm } from '../quickjs/realm.js';
import { Thrown, type ValueBridge } from './value-bridge.js';

/** Ids of the native functions; those of the capabilities follow in the order of the extension's list. */
export const KIND_OF = 1;
export const WRITE_CONSOLE = 2;
export const FIRST_CAPABILITY = 16;

/** What happens outside while guest code runs. */
export interface SliceListener {
  /** Whether the running guest code must end. Asked at every poll and between jobs. @param now `performance.now()` */
  mustStop(now?: number): boolean;
  /** An asynchronous capability was called. An answer is for the guest at once; without one, `settle` comes later. */
  onCapability(index: number, args: Uint8Array[], promise: PromiseCapability): CapabilityErrorWire | undefined;
  /** A synchronous one was called, its arguments checked. */
  onSync(index: number, args: Uint8Array[]): CapabilityErrorWire | undefined;
}

/** The functions behind the capabilities, as guest code calls them. */
export class NativeFunctions {
  readonly #realm: Realm;
  readonly #bridge: ValueBridge;
  readonly #extension: ExtensionWire;

  constructor(realm: Realm, bridge: ValueBridge, extension: ExtensionWire) {
    this.#realm = realm;
    this.#bridge = bridge;
    this.#extension = extension;
  }

  /** @returns what the guest's call comes to; 0 for undefined. */
  call(listener: SliceListener | undefined, id: number, argc: number, argv: Pointer): Pointer {
    if (id === KIND_OF) return this.#realm.newNumber(argc > 0 ? this.#realm.kindOf(argv) : 0);
    const { capabilities } = this.#extension;
    const index =
      id === WRITE_CONSOLE ? capabilities.findIndex(({ name }) => name === 'console') : id - FIRST_CAPABILITY;
    const capability = capabilities[index];
    if (!listener || !capability) return 0; // a console that nobody listens to
    const owned = this.#realm.ownedCount;
    const result = capability.sync
      ? this.#callSync(listener, index, capability, argc, argv)
      : this.#callAsync(listener, index, capability, argc, argv);
    this.#realm.release(owned); // the copies of its arguments
    return result;
  }

  /** Static imports resolve to the capabilities' modules while the entrypoint is linked; nothing else does, ever. */
  resolve(specifier: string, linking: boolean): Pointer {
    const known = this.#extension.capabilities.some(({ module }) => module !== '' && module === specifier);
    if (linking && known) return newCString(this.#realm.instance, specifier).at;
    const message = 'Imports other than "directus:api" are prohibited in API extension sandboxes';
    this.#fail(
      linking
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

  #callSync(
    listener: SliceListener,
    index: number,
    { name, granted, sync = [] }: CapabilityWire,
    argc: number,
    argv: Pointer,
  ): Pointer {
    const realm = this.#realm;
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
  #callAsync(
    listener: SliceListener,
    index: number,
    { parameters }: CapabilityWire,
    argc: number,
    argv: Pointer,
  ): Pointer {
    const realm = this.#realm;
    const promise = realm.newPromise();
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
    this.#realm.own(promise.resolve);
    this.#realm.own(promise.reject);
    return promise.promise;
  }
}
