import type { Kind } from '../kinds.js';

/**
 * Where the engine keeps the data that the host reads and restores. The build probes it on a
 * scratch instance, so that a new build of QuickJS is measured instead of trusted.
 */
export interface Layout {
  /** The static data of a new instance, from address 0, in words. */
  staticImage: Uint32Array<ArrayBuffer>;
  /** SHA-256 of it, hex. */
  staticHash: string;
  /** First byte of the heap; the C stack ends below it. */
  heapBase: number;
  /** Address of the word that holds the heap's end (`sbrk`). It never goes down. */
  heapEndAt: number;
  /** Offset in the context of the 64-bit state of `Math.random`. */
  randomOffset: number;
  /**
   * Offset in the context of the 32-bit count of branches and calls until the next poll of the
   * interrupt handler.
   */
  countdownOffset: number;
  /**
   * Offset in the runtime of the head of the list of jobs, a pointer to the next and one to the
   * last.
   */
  jobsOffset: number;
  /**
   * Where an ArrayBuffer's bytes are: at `object + record`, a pointer to a record, and in it at
   * `data` a pointer to the bytes, at `length` their number.
   */
  buffer: { record: number; data: number; length: number };
  /**
   * Strings: the upper word of the JSValue of one that lies in one piece, and in its record the
   * offsets of its length, whose highest bit says that its units have two bytes, and of the units.
   */
  text: { tag: number; length: number; data: number };
  /** Offset in an object of its 16-bit class id. */
  classOffset: number;
  /** Class id → {@link Kind}. */
  kinds: ReadonlyMap<number, Kind>;
  /**
   * Frames of the C stack, each of which begins with a pointer to its caller's: `current` is the
   * offset in the runtime of the pointer to the innermost; in a frame, `func` is that of the
   * function that runs, a JSValue, `pc` that of a pointer to how far it has come.
   */
  frame: { current: number; func: number; pc: number };
  /** Upper word of a JSValue that is an exception. */
  exceptionTag: number;
  /** Upper word of a JSValue that is an object. */
  objectTag: number;
}

/** Static data and snapshots are kept in whole pages of this size. */
export const PAGE_BYTES = 4_096;

/**
 * Memory of an instance that only shows its layout: static data, C stack, and a heap that holds a
 * realm.
 */
export const SCRATCH_BYTES: number = 16 << 20;
