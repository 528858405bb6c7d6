import { isTampered, takeMarks } from './cards.js';
import type { Machine } from './machine.js';

/** More than a thread gives up at a time; the collector takes the rest. */
const MAX_SPARE = 16;

/**
 * Memories of instances that were given up, until the garbage collector takes them: it can be slow to, since a thread that
 * runs guests allocates next to nothing of its own, and a host of 20 MB bombs would grow by hundreds of megabytes.
 */
export class SpareMemories {
  #spare: WeakRef<Machine>[] = [];

  /** @param machine nothing may enter it any more. */
  keep(machine: Machine): void {
    if (this.#spare.length === MAX_SPARE) this.#spare.shift();
    this.#spare.push(new WeakRef(machine));
  }

  /** A memory that may grow to this size, as good as new; undefined if there is none. */
  take(maxBytes: number): WebAssembly.Memory | undefined {
    const alive = this.#spare.map((each) => ({ each, machine: each.deref() })).filter(({ machine }) => machine);
    const found = alive.findLast(({ machine }) => machine?.heap.end === maxBytes);
    this.#spare = alive.filter((entry) => entry !== found).map(({ each }) => each);
    if (!found?.machine) return undefined;
    clear(found.machine);
    return found.machine.memory;
  }
}

/** Puts all that was written since the memory was new to zero, the card table and its copies too. */
function clear(machine: Machine): void {
  const { bytes, copies, image } = machine;
  if (isTampered(machine)) return void bytes.fill(0);
  for (const { at, length } of takeMarks(machine, 0, bytes.length)) bytes.fill(0, at, at + length);
  for (const [at, length] of image) bytes.fill(0, at, at + length);
  copies.clear(machine);
}
