const KIB = 1_024;

/**
 * Memories of WebAssembly that a pool has at the most, in use or not. V8 gives each 10 GiB of
 * addresses, so that a process can make about 13,000 of them, and each takes several of the 65,530
 * mappings that Linux allows.
 */
const MAX_SANDBOXES = 4_096;

/** Slots before those of the lanes: the budget. */
const HEADER = 1;
/** Slots of a lane: memory in KiB, and memories. */
const FIELDS = 2;

/** More than any machine has, in KiB. */
const UNLIMITED = 2 ** 31 - 1;

/**
 * Shares of the whole that may be in use at once. Sandboxes beyond an extension's first, and large
 * ones that grow (`more`), leave room for first sandboxes of others (`first`). A small one may grow
 * a little above the whole (`small`), until the call that holds most is ended.
 */
const SHARES: Readonly<Record<BudgetShare, number>> = { more: 0.75, first: 1, small: 1.1 };

export type BudgetShare = 'more' | 'first' | 'small';

/**
 * Memory of all sandboxes of a pool against `pool.maxMemoryBytes`. Each lane's engine writes its
 * own slots; the host and all engines read them all.
 *
 * A thread that a guest has taken over can write anything here. Others then get less or wait; the
 * memory that it can use is still bounded by WebAssembly.
 */
export class MemoryBudget {
  /** What another thread needs for the same budget. */
  readonly slots: Int32Array;

  /** @param slots what `create` made, here or in another thread. */
  constructor(slots: Int32Array) {
    this.slots = slots;
  }

  /**
   * @param lanes slots beside the host's own, which is the last.
   * @param maxBytes at least 1 KiB. @default without a limit
   */
  static create(lanes: number, maxBytes: number = Infinity): MemoryBudget {
    const length = HEADER + (lanes + 1) * FIELDS;
    const isShared = lanes > 1 && typeof SharedArrayBuffer !== 'undefined';
    const bytes = length * Int32Array.BYTES_PER_ELEMENT;
    const slots = new Int32Array(isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
    slots[0] = Math.min(maxBytes / KIB, UNLIMITED);
    return new MemoryBudget(slots);
  }

  get maxBytes(): number {
    return this.slots[0]! * KIB;
  }

  /** In use by all lanes. */
  get usedBytes(): number {
    return this.#sum(0) * KIB;
  }

  /** Memories of all lanes. */
  get sandboxes(): number {
    return this.#sum(1);
  }

  /** The slots of what the host itself keeps: snapshots. */
  get hostLane(): number {
    return (this.slots.length - HEADER) / FIELDS - 1;
  }

  bytesOf(lane: number): number {
    return this.slots[HEADER + lane * FIELDS]! * KIB;
  }

  /** Charges a lane; negative bytes discharge it. */
  charge(lane: number, bytes: number, sandboxes = 0): void {
    const at = HEADER + lane * FIELDS;
    Atomics.add(this.slots, at, Math.sign(bytes) * Math.ceil(Math.abs(bytes) / KIB));
    if (sandboxes !== 0) Atomics.add(this.slots, at + 1, sandboxes);
  }

  /** Forgets a lane whose thread is gone. */
  clear(lane: number): void {
    this.slots.fill(0, HEADER + lane * FIELDS, HEADER + (lane + 1) * FIELDS);
  }

  /** What is left of a share; less than zero if it is overdrawn. */
  freeBytes(share: BudgetShare): number {
    return this.maxBytes * SHARES[share] - this.usedBytes;
  }

  /** Bytes that are missing before so many more fit; 0 if they do. */
  missingBytes(bytes: number, share: BudgetShare): number {
    return Math.max(bytes - this.freeBytes(share), 0);
  }

  /** Whether so many would fit if nobody else had any. */
  fitsAlone(bytes: number): boolean {
    return bytes <= this.maxBytes * SHARES.more;
  }

  /** Whether there may be one more memory. */
  hasSlot(share: BudgetShare): boolean {
    return this.sandboxes < MAX_SANDBOXES * Math.min(SHARES[share], 1);
  }

  #sum(field: number): number {
    let sum = 0;
    for (let i = HEADER + field; i < this.slots.length; i += FIELDS) sum += this.slots[i]!;
    return sum;
  }
}
