import { zeroDirtyCards, isTampered } from '../quickjs/memory/cards.js';
import type { Instance } from '../quickjs/instance.js';
import type { MemoryAccount } from './memory-account.js';

/** Instances that are kept after an unload or a burst of calls. */
const MAX_INSTANCES = 8;
/** Charge of an instance that is kept, at the most. */
const MAX_CHARGE_BYTES = 2 << 20;
/**
 * After so many instances that were given up, the list is searched for those that have been
 * collected.
 */
const SWEEP_AFTER = 64;

/** A memory that may grow to `maxBytes`, and has at least `initialBytes`. */
export interface Wanted {
  maxBytes: number;
  initialBytes: number;
}

/** An instance that is given up. Its memory stays charged until it is collected. */
interface Given {
  readonly instance: WeakRef<Instance>;
  readonly bytes: number;
  readonly maxBytes: number;
}

/**
 * Instances that sandboxes have given up, for the next sandbox: making one takes 3 ms, and is work
 * for V8's compiler and collector.
 *
 * Of an instance that failed or is large, only the memory is used again, until it is collected.
 * Collection can take long in a thread that runs guests, since it allocates next to nothing of its
 * own: a host whose guests fill 20 MB each would grow by hundreds of megabytes.
 */
export class SpareInstances {
  readonly #account: MemoryAccount;
  #instances: Instance[] = [];
  #given: Given[] = [];
  #sweepAt = SWEEP_AFTER;
  /** The fewest instances that there were since the last `trim`. */
  #unused = 0;

  constructor(account: MemoryAccount) {
    this.#account = account;
  }

  /** Bytes that would be free without any spare instance, once garbage is collected. */
  get bytes(): number {
    const sizes = [...this.#instances.map(({ bytes }) => bytes.length), ...this.#given.map(({ bytes }) => bytes)];
    return sizes.reduce((sum, bytes) => sum + this.#account.chargeOf(bytes), 0);
  }

  /** Bytes of instances that were dropped and are not collected yet. */
  get givenBytes(): number {
    return this.#given.reduce((sum, { bytes }) => sum + this.#account.chargeOf(bytes), 0);
  }

  /**
   * @param instance nothing may enter it any more.
   * @param isSound whether nothing has gone wrong in it: no exception went through its instance.
   */
  keep(instance: Instance, isSound: boolean): void {
    if (!isSound || this.#account.chargeOf(instance.bytes.length) > MAX_CHARGE_BYTES) return this.give(instance);
    this.#instances.push(instance);
    if (this.#instances.length > MAX_INSTANCES) this.give(this.#instances.shift()!);
  }

  /** Whether there is a memory for such a sandbox. */
  has(wanted: Wanted): boolean {
    return (
      this.#instances.some((instance) => fits(instance, wanted)) ||
      this.#given.some(({ instance, maxBytes }) => maxBytes === wanted.maxBytes && instance.deref())
    );
  }

  /** An instance whose memory is all zeros, static data included; undefined if there is none. */
  takeInstance(wanted: Wanted): Instance | undefined {
    const found = this.#instances.findLast((instance) => fits(instance, wanted));
    if (!found) return undefined;
    this.#instances = this.#instances.filter((instance) => instance !== found);
    this.#unused = Math.min(this.#unused, this.#instances.length);
    if (isTampered(found)) {
      this.give(found);
      return undefined;
    }
    clear(found);
    return found;
  }

  /** A memory of zeros, charged as it is; undefined if there is none. It may have to grow. */
  takeMemory({ maxBytes }: Wanted): WebAssembly.Memory | undefined {
    this.sweep();
    const index = this.#given.findLastIndex((given) => given.maxBytes === maxBytes);
    const instance = this.#given.splice(index, index === -1 ? 0 : 1)[0]?.instance.deref();
    if (!instance) return undefined;
    clear(instance);
    return instance.memory;
  }

  /** Gives up all that was not used since the last time. */
  trim(): void {
    this.giveUp(this.#unused);
    this.#unused = this.#instances.length;
  }

  /** Gives up the oldest instances. */
  giveUp(count: number = this.#instances.length): void {
    for (const instance of this.#instances.splice(0, count)) this.give(instance);
  }

  /**
   * Discharges the memories that have been collected. A memory that is looked at here cannot be
   * collected before the next turn of the event loop.
   */
  sweep(): void {
    this.#given = this.#given.filter(({ instance, bytes }) => {
      const isAlive = instance.deref() !== undefined;
      if (!isAlive) this.#account.close(bytes);
      return isAlive;
    });
    this.#sweepAt = this.#given.length + SWEEP_AFTER;
  }

  /** Leaves an instance to the collector; its memory may be used again until then. */
  give(instance: Instance): void {
    this.#given.push({ instance: new WeakRef(instance), bytes: instance.bytes.length, maxBytes: instance.heap.end });
    if (this.#given.length >= this.#sweepAt) this.sweep();
  }
}

function fits({ heap, bytes }: Instance, { maxBytes, initialBytes }: Wanted): boolean {
  return heap.end === maxBytes && bytes.length >= initialBytes;
}

/** Zeroes all bytes that were ever written, the card table and the copies included. */
function clear(instance: Instance): void {
  const { bytes, copies, image } = instance;
  copies.clear(instance);
  if (isTampered(instance)) return void bytes.fill(0);
  zeroDirtyCards(instance, 0, bytes.length);
  for (const [at, length] of image) bytes.fill(0, at, at + length);
}
