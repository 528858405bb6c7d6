import type { CardFunctions } from './memory/cards.js';
import type { TableFunctions, HandlerFunctions } from './additions.js';

/*
 * How a thread enters its instances: through a table that the first of them owns. V8 keeps four
 * objects for each function that an instance exports, and no cache has them when many extensions
 * are called in turn. A call through the table needs none of them.
 * docs/decisions/instances-are-entered-through-a-table.md has what that saves.
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

/** Neither this nor the next number is an index: entering there traps. */
export const NO_ENTRY = -2;

/** The entries of all instances of a thread. An open one keeps its instance alive. */
class InstanceTable {
  /** `enterHandler` of the owner; there from the first `open` on. */
  runHandler!: TableFunctions['enterHandler'];
  /** `enterRestoreCards` of the owner, likewise. */
  restoreCards!: TableFunctions['enterRestoreCards'];
  #table: WebAssembly.Table | undefined;
  readonly #free: number[] = [];
  /** The entry of the instance that was asked about last. */
  #last: number = NO_ENTRY;

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

  /** Whether an instance was the last that was asked about: then caches have what it uses. */
  isLast({ entry }: Entered): boolean {
    const isLast = entry === this.#last;
    this.#last = entry;
    return isLast;
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
