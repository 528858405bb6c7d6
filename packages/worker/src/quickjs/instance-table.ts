import type { CardFunctions } from './memory/cards.js';
import type { TableFunctions, HandlerFunctions } from './additions.js';

/*
 * The way into the instances of a thread: through a table that one of them owns, the first. A
 * function that an instance exports is a chain of four objects of V8's, which no cache has when
 * many extensions are called in turn; what calls through the table meets none of them. With 100 to
 * 200 extensions in turn an engine takes 15 % less time for a call.
 */

/** An instance as it is entered. */
interface Entered {
  readonly functions: TableFunctions & HandlerFunctions & CardFunctions;
  /**
   * The index of its `runHandler`; its `restoreCards` has the next. {@link NO_ENTRY} while it is
   * closed.
   */
  entry: number;
}

/** Neither this nor the next is a index: entering there is a trap. */
export const NO_ENTRY = -2;

/** The entries of all instances of a thread. An open one keeps its instance alive. */
class InstanceTable {
  /** `enterHandler` of the owner; there from the first `open` on. */
  runHandler!: TableFunctions['enterHandler'];
  /** `enterRestoreCards` of the owner, likewise. */
  restoreCards!: TableFunctions['enterRestoreCards'];
  #table: WebAssembly.Table | undefined;
  readonly #free: number[] = [];

  open(instance: Entered): void {
    const { functions } = instance;
    if (!this.#table) {
      this.#table = functions.table;
      this.runHandler = functions.enterHandler;
      this.restoreCards = functions.enterRestoreCards;
    }
    const index = this.#free.pop() ?? this.#table.grow(2);
    this.#table.set(index, functions.runHandler);
    this.#table.set(index + 1, functions.restoreCards);
    instance.entry = index;
  }

  close(instance: Entered): void {
    const index = instance.entry;
    if (index === NO_ENTRY) return;
    instance.entry = NO_ENTRY;
    this.#table?.set(index, null);
    this.#table?.set(index + 1, null);
    this.#free.push(index);
  }
}

export const instanceTable: InstanceTable = new InstanceTable();
