import type { CardFunctions } from './memory/cards.js';
import type { TableFunctions, HandlerFunctions } from './additions.js';

/*
 * How a thread enters its instances: through a table that one of them owns. V8 keeps four
 * objects for each function that an instance exports, and no cache has them when many extensions
 * are called in turn. A call through the table needs none of them.
 * docs/decisions/instances-are-entered-through-a-table.md has what that saves.
 */

/** An instance as it is entered. */
interface Entered {
  readonly functions: TableFunctions & HandlerFunctions & CardFunctions;
  /**
   * The index of its `runHandler`; its `restoreCards` has the next, its `settlePromise` the one
   * after. {@link NO_ENTRY} while it is closed.
   */
  entry: number;
}

/** Neither this nor the two next numbers are an index: entering there traps. */
export const NO_ENTRY = -3;

/** Functions of an instance in the table. */
const FUNCTIONS = 3;

/**
 * The entries of all instances of a thread. An open one keeps its instance alive, and the table its
 * owner: once that is closed, another open one gets the table, so that no memory outlives its
 * sandbox.
 */
class InstanceTable {
  /** `enterHandler` of the owner. */
  runHandler: TableFunctions['enterHandler'] = trap;
  /** `enterRestoreCards` of the owner. */
  restoreCards: TableFunctions['enterRestoreCards'] = trap;
  /** `enterSettlePromise` of the owner. */
  settlePromise: TableFunctions['enterSettlePromise'] = trap;
  readonly #open: Set<Entered> = new Set();
  #owner: Entered | undefined;
  /** The free entries of each table that was ever used: a closed instance may be used again. */
  readonly #free: WeakMap<WebAssembly.Table, number[]> = new WeakMap();
  /** The entry of the instance that was asked about last. */
  #last: number = NO_ENTRY;

  open(instance: Entered): void {
    this.#open.add(instance);
    if (this.#owner) this.#enter(instance, this.#owner);
    else this.#own(instance);
  }

  /** Whether an instance was the last that was asked about: then caches have what it uses. */
  isLast({ entry }: Entered): boolean {
    const isLast = entry === this.#last;
    this.#last = entry;
    return isLast;
  }

  close(instance: Entered): void {
    const owner = this.#owner;
    if (!owner || !this.#open.delete(instance)) return;
    this.#leave(instance, owner);
    if (instance !== owner) return;
    for (const other of this.#open) this.#leave(other, owner);
    this.#own(this.#open.values().next().value);
  }

  /** Puts all open instances into the table of one of them. */
  #own(owner: Entered | undefined): void {
    this.#owner = owner;
    this.runHandler = owner?.functions.enterHandler ?? trap;
    this.restoreCards = owner?.functions.enterRestoreCards ?? trap;
    this.settlePromise = owner?.functions.enterSettlePromise ?? trap;
    if (owner) for (const instance of this.#open) this.#enter(instance, owner);
  }

  #enter(instance: Entered, { functions: { table } }: Entered): void {
    const { runHandler, restoreCards, settlePromise } = instance.functions;
    const entered = [runHandler, restoreCards, settlePromise];
    const index = this.#freeOf(table).pop() ?? table.grow(FUNCTIONS);
    for (const [i, each] of entered.entries()) table.set(index + i, each);
    instance.entry = index;
  }

  #leave(instance: Entered, { functions: { table } }: Entered): void {
    const index = instance.entry;
    instance.entry = NO_ENTRY;
    for (let i = 0; i < FUNCTIONS; i++) table.set(index + i, null);
    this.#freeOf(table).push(index);
  }

  #freeOf(table: WebAssembly.Table): number[] {
    const free = this.#free.get(table) ?? [];
    this.#free.set(table, free);
    return free;
  }
}

function trap(): never {
  throw new Error('Cannot enter an instance: none is open');
}

export const instanceTable: InstanceTable = new InstanceTable();
