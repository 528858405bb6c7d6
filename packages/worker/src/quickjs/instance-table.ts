import type { CardFunctions } from './memory/cards.js';
import type { GateFunctions, HandlerFunctions } from './additions.js';

/*
 * The way into the instances of a thread: through a table of one of them, the gate. A function that an instance exports is a chain of
 * four objects of V8's, which no cache has when many extensions take turns; what calls through the table meets none of
 * them. With 100 to 200 extensions in turn an engine takes 15 % less time for a call.
 */

/** An instance as it is entered. */
interface Entered {
  readonly functions: GateFunctions & HandlerFunctions & CardFunctions;
  /** The place of its `runHandler`; its `putBack` has the next. {@link NO_ENTRY} while it is closed. */
  entry: number;
}

/** Neither this nor the next is a place: entering there is a trap. */
export const NO_ENTRY = -2;

/** Entries of all instances of a thread. An open one keeps its instance alive. */
class Entries {
  /** `enterHandler` of the gate; there from the first `open` on. */
  runHandler!: GateFunctions['enterHandler'];
  /** `enterPutBack` of the gate, likewise. */
  putBack!: GateFunctions['enterPutBack'];
  #gate: WebAssembly.Table | undefined;
  readonly #free: number[] = [];

  open(instance: Entered): void {
    const { functions } = instance;
    if (!this.#gate) {
      this.#gate = functions.gate;
      this.runHandler = functions.enterHandler;
      this.putBack = functions.enterPutBack;
    }
    const place = this.#free.pop() ?? this.#gate.grow(2);
    this.#gate.set(place, functions.runHandler);
    this.#gate.set(place + 1, functions.putBack);
    instance.entry = place;
  }

  close(instance: Entered): void {
    const place = instance.entry;
    if (place === NO_ENTRY) return;
    instance.entry = NO_ENTRY;
    this.#gate?.set(place, null);
    this.#gate?.set(place + 1, null);
    this.#free.push(place);
  }
}

export const entries: Entries = new Entries();
