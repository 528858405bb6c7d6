import { clearMarked, isTampered } from '../quickjs/memory/cards.js';
import type { Instance } from '../quickjs/instance.js';

/** Machines that are kept for good: what unloading or a burst leaves behind. */
const MAX_MACHINES = 8;
/** Heap of a machine that is kept, at the most: what it has used of it stays in the process's memory. */
const MAX_HEAP_BYTES = 2 << 20;
/** Memories that are kept until the collector takes them: more than a thread gives up at a time. */
const MAX_MEMORIES = 16;

/** A memory that may grow to `maxBytes`, and has at least `initialBytes`. */
interface Wanted {
  maxBytes: number;
  initialBytes: number;
}

/**
 * Machines that were given up, for the next sandbox: a new instance takes 3 ms, and leaves the collector and the compiler much to do.
 *
 * Of one that failed, or is large, only the memory is used again, until the garbage collector takes it. That can be slow to: a thread
 * that runs guests allocates next to nothing of its own, and a host of 20 MB bombs would grow by hundreds of megabytes.
 */
export class SpareInstances {
  #machines: Instance[] = [];
  #memories: WeakRef<Instance>[] = [];

  /**
   * @param machine nothing may enter it any more.
   * @param isSound whether nothing has gone wrong in it: no exception went through its instance.
   * @param heapBytes heap that it has used.
   */
  keep(machine: Instance, isSound: boolean, heapBytes: number): void {
    if (isSound && heapBytes <= MAX_HEAP_BYTES) {
      if (this.#machines.length === MAX_MACHINES) this.#machines.shift();
      this.#machines.push(machine);
    } else {
      if (this.#memories.length === MAX_MEMORIES) this.#memories.shift();
      this.#memories.push(new WeakRef(machine));
    }
  }

  /** A machine whose memory is all zeros, static data included; undefined if there is none. */
  takeMachine({ maxBytes, initialBytes }: Wanted): Instance | undefined {
    const found = this.#machines.findLast(({ heap, bytes }) => heap.end === maxBytes && bytes.length >= initialBytes);
    if (!found) return undefined;
    this.#machines = this.#machines.filter((machine) => machine !== found);
    if (isTampered(found)) {
      this.keep(found, false, 0);
      return undefined;
    }
    clear(found);
    return found;
  }

  /** A memory of zeros; undefined if there is none. It may have to grow. */
  takeMemory({ maxBytes }: Wanted): WebAssembly.Memory | undefined {
    const alive = this.#memories.map((each) => ({ each, machine: each.deref() })).filter(({ machine }) => machine);
    const found = alive.findLast(({ machine }) => machine?.heap.end === maxBytes);
    this.#memories = alive.filter((entry) => entry !== found).map(({ each }) => each);
    if (!found?.machine) return undefined;
    clear(found.machine);
    return found.machine.memory;
  }
}

/** Puts all that was written since the memory was new to zero, the card table and the copies too. */
function clear(machine: Instance): void {
  const { bytes, copies, image } = machine;
  copies.clear(machine);
  if (isTampered(machine)) return void bytes.fill(0);
  clearMarked(machine, 0, bytes.length);
  for (const [at, length] of image) bytes.fill(0, at, at + length);
}
