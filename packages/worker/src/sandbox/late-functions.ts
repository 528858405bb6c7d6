import { decodeValue, encodeValue } from '@sandglass/core';

import { evaluate, type Pointer } from '../quickjs/ffi.js';
import { unitsOf } from '../quickjs/read-text.js';
import type { Realm } from '../quickjs/realm.js';
import { compareTexts, LocaleAnswers, type LocaleQuestion } from './locale.js';
import { LATE_FUNCTIONS } from './prelude/late.js';
import type { PreludeFunction } from './prelude/prelude.js';
import { Thrown, type ValueBridge } from './value-bridge.js';

/** `this` and as many arguments as the functions have: see `RealmPointers.argv`. */
const MAX_ARGUMENTS = 3;

const LOCALE_COMPARE = LATE_FUNCTIONS.findIndex(({ path }) => path === 'String.prototype.localeCompare');

/** Calls the {@link LATE_FUNCTIONS} of a sandbox, and answers what they ask. */
export class LateFunctions {
  readonly locale: LocaleAnswers = new LocaleAnswers();
  readonly #realm: Realm;
  readonly #bridge: ValueBridge;
  readonly #prelude: Readonly<Record<PreludeFunction, Pointer>>;

  constructor(realm: Realm, bridge: ValueBridge, prelude: Readonly<Record<PreludeFunction, Pointer>>) {
    this.#realm = realm;
    this.#bridge = bridge;
    this.#prelude = prelude;
  }

  /** @returns what the guest gets, its own reference */
  call(index: number, self: Pointer, argc: number, argv: Pointer): Pointer {
    const realm = this.#realm;
    if (index === LOCALE_COMPARE && argc === 1) {
      const order = this.#compare(self, argv);
      if (order !== undefined) return realm.newNumber(order);
    }
    const args = [self];
    for (let i = 0; i < MAX_ARGUMENTS; i++) args.push(i < argc ? realm.argument(argv, i) : realm.pointers.undefined);
    const target = this.#find(index);
    return realm.keep(realm.isException(target) ? target : realm.call(target, ...args));
  }

  /** What a late function asks: a value that is the prelude's own. */
  answer(question: Pointer): Pointer {
    const copied = this.#bridge.copy(question);
    if (copied instanceof Thrown) return this.#realm.throw(copied.value || this.#realm.pointers.undefined);
    try {
      const answer = this.locale.answer(decodeValue(copied) as LocaleQuestion);
      return this.#realm.keep(this.#bridge.decode(encodeValue(answer)));
    } catch (error) {
      const { message } = error as Error;
      const name = error instanceof TypeError ? 'TypeError' : 'RangeError';
      return this.#realm.throw(this.#bridge.newError({ name, message, code: 'E_GUEST' }));
    }
  }

  /**
   * Compares two texts as they lie in the memory.
   *
   * @returns undefined if one is no such text
   */
  #compare(self: Pointer, other: Pointer): number | undefined {
    const { instance, layout } = this.#realm;
    const units = unitsOf(instance, layout, self);
    const otherUnits = units && unitsOf(instance, layout, other);
    return otherUnits && compareTexts(units, otherUnits);
  }

  /** The function of the realm; an exception if there is no room for its part. */
  #find(index: number): Pointer {
    const realm = this.#realm;
    const { path, part } = LATE_FUNCTIONS[index]!;
    const name = realm.newString(path);
    const found = realm.call(this.#prelude.late, name);
    if (realm.typeOf(found) === 'function') return found;
    const evaluated = realm.own(evaluate(realm.instance, realm.pointers.ctx, part));
    return realm.isException(evaluated) ? evaluated : realm.call(this.#prelude.late, name, evaluated);
  }
}
