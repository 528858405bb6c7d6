import { encodeValue, FORM, Slab, type CapabilityErrorWire, type SettlementWire } from '@sandglass/core';

import { atCallSite, type CallSite } from '../quickjs/call-site.js';
import type { PreludeFunction } from './prelude/prelude.js';
import type { Pointer } from '../quickjs/ffi.js';
import type { PromiseCapability } from '../quickjs/promise-capability.js';
import type { Realm } from '../quickjs/realm.js';
import { settlePromise } from '../quickjs/settle-promise.js';

/** The copy of a value, or what was thrown while it was made. */
export type Copied = Uint8Array | Thrown;

/** Short results, until they are packed. */
const results = new Slab();

/** What guest code threw; 0 if the heap was too full to hold it. */
export class Thrown {
  readonly value: Pointer;

  constructor(value: Pointer) {
    this.value = value;
  }
}

/**
 * Copies values into a realm and out of it: natively where the engine can, else with the prelude's
 * help.
 */
export class ValueBridge {
  readonly #realm: Realm;
  readonly #prelude: Readonly<Record<PreludeFunction, Pointer>>;

  constructor(realm: Realm, prelude: Readonly<Record<PreludeFunction, Pointer>>) {
    this.#realm = realm;
    this.#prelude = prelude;
  }

  /** May answer with an exception. */
  decode(encoded: Uint8Array): Pointer {
    const value = this.#realm.decode(encoded);
    const reader = this.#readerOf(encoded);
    return reader === 0 || this.#realm.isException(value) ? value : this.#realm.call(reader, value);
  }

  /**
   * Settles a promise as the host has answered, and runs what waited for it.
   *
   * @param awaited see {@link Settling}
   */
  settle(promise: PromiseCapability, answer: SettlementWire, awaited: Pointer): void {
    const realm = this.#realm;
    const settleWith = (settler: Pointer, given: Pointer, parse = 0): boolean =>
      settlePromise(realm, { promise, settler, given, parse, awaited });
    let value: Pointer;
    if (answer.ok && realm.putIntoBuffer(answer.value)) {
      if (settleWith(promise.resolve, 0, this.#readerOf(answer.value))) return;
      value = realm.owned[0] ?? 0; // the exception
    } else {
      realm.release();
      value = answer.ok ? this.decode(answer.value) : this.newError(answer.error, promise.site);
    }
    if (!realm.isException(value)) settleWith(answer.ok ? promise.resolve : promise.reject, value);
    else settleWith(promise.reject, realm.takeException(value) || realm.pointers.undefined);
  }

  /** The function that reads an encoded value when it is decoded; 0 if it is one already. */
  #readerOf(encoded: Uint8Array): Pointer {
    if (encoded[0] === FORM.direct) return 0;
    return encoded[0] === FORM.json ? this.#prelude.parseData : this.#prelude.revive;
  }

  /**
   * May run guest code: getters.
   *
   * @param lenient functions and symbols become placeholders, so that the host sees their type.
   */
  copy(value: Pointer, lenient = false): Copied {
    return this.#realm.encode(value, FORM.direct) ?? this.#flatten(value, lenient);
  }

  /** The same for a result, which leaves this thread among others. */
  copyResult(value: Pointer): Copied {
    return this.#realm.encode(value, FORM.direct, results) ?? this.#flatten(value, false);
  }

  #flatten(value: Pointer, lenient: boolean): Copied {
    const realm = this.#realm;
    const args = lenient ? [value, realm.own(realm.newNumber(1))] : [value];
    const table = realm.call(this.#prelude.flatten, ...args);
    if (realm.isException(table)) return new Thrown(realm.takeException(table));
    return realm.encode(table, FORM.table) ?? new Thrown(0);
  }

  /**
   * An Error of the guest's realm that stands for a failure outside.
   *
   * @param site where its stack begins. @default where the guest is
   */
  newError({ name, message, code, properties = {}, response }: CapabilityErrorWire, site: CallSite = []): Pointer {
    const answer = response && [response.head, response.data, response.isJson];
    const parts = encodeValue([name, message, code, Object.keys(properties), Object.values(properties), answer]);
    return atCallSite(this.#realm, site, () => this.#realm.call(this.#prelude.makeError, this.#realm.decode(parts)));
  }
}
