import type { CardFunctions } from './memory/cards.js';
import { BinaryWriter } from './leb128.js';
import type { HandlerFunctions } from './run-handler.js';

/*
 * The way into the instances of a thread: through a table of one of them, the gate. A function that an instance exports is a chain of
 * four objects of V8's, which no cache has when many extensions take turns; what calls through the table meets none of
 * them. With 100 to 200 extensions in turn an engine takes 15 % less time for a call.
 */

/** What `instrument.ts` adds to the engine for it. It touches no memory: whatever becomes of its sandbox, an instance can be the gate. */
export interface GateFunctions {
  /** Two places for each entry: a `runHandler` and a `putBack`. */
  gate: WebAssembly.Table;
  /** Calls the `runHandler` at a place. */
  enterHandler: (...args: [...Parameters<HandlerFunctions['runHandler']>, place: number]) => number;
  /** Calls the `putBack` at a place. */
  enterPutBack: (...args: [...Parameters<CardFunctions['putBack']>, place: number]) => number;
}

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

/** A table of functions, empty. */
export const GATE_TABLE: Uint8Array = Uint8Array.of(0x70, 0, 0);

const OP = { end: 0x0b, callIndirect: 0x11, get: 0x20 };

/** A function that calls another, of a type with so many parameters, at the place of the table that its last argument is. */
export function gateFunction(parameters: number, type: number, table: number): Uint8Array {
  const out = new BinaryWriter(64);
  out.u32(0); // no locals
  for (let i = 0; i <= parameters; i++) out.local(OP.get, i);
  out.local(OP.callIndirect, type);
  out.u32(table);
  out.raw(OP.end);
  return out.done();
}
