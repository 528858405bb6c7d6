import { SLOT } from '@sandglass/core';

/** How often the slots of busy lanes are read. At 2 ms the pool lost 8 % of its calls (one-off). */
export const TICK_MS = 5;
/**
 * Time beyond a call's limit in which its thread has to end it by itself: the interrupt handler
 * polls, or a native returns.
 */
export const GRACE_MS = 100;
/**
 * Beyond its limit by this much, a call is ended by its thread even if the thread did not have the
 * core all the time: other processes may keep it busy, and the grace runs out by the clock.
 */
export const STOP_AFTER_MS = 20;
/**
 * Beyond its limit by this much, a call is in a native that does not poll: another lane comes up
 * while the grace runs out.
 */
export const REPLACE_AFTER_MS = 10;
/** A load that has been between slices for this long is suspended: calls are sent beside it. */
export const IDLE_LOAD_MS = 15;
/**
 * A lane that has been in one slice for longer than this is stalled: the calls behind it are moved
 * to other lanes.
 */
export const STALL_MS = 5;
/** When all lanes have been in one slice for longer than this, one more is started. */
export const SPARE_AFTER_MS = 15;

/**
 * Sees from a lane's slots which call its engine is in and since when, without asking the engine.
 *
 * Slots are plain numbers that a guest which took the engine over can forge: that ends its own lane
 * at the worst.
 */
export class SliceWatch {
  /** The call whose slice was seen last; 0 for none. */
  callId = 0;
  /** How long that slice has been seen, on the clock of the ticks. */
  elapsedMs = 0;
  #slice = 0;
  #sinceMs = 0;

  /** The call that a lane is in now; 0 for none. */
  read(slots: Int32Array | undefined): number {
    return slots ? Atomics.load(slots, SLOT.callId) : 0;
  }

  /** Slices that a lane's engine has begun; 0 where nobody can see. */
  readSlice(slots: Int32Array | undefined): number {
    return slots ? Atomics.load(slots, SLOT.slice) : 0;
  }

  /** Asks the thread to end the slice that was seen last, if it is still in it. */
  stop(slots: Int32Array): void {
    Atomics.store(slots, SLOT.stop, this.#slice);
  }

  /**
   * Reads the slots. Two reads need not belong together: only what stays the same over many ticks
   * is acted on.
   */
  sample(slots: Int32Array, nowMs: number): void {
    const callId = this.read(slots);
    const slice = this.readSlice(slots);
    if (callId !== this.callId || slice !== this.#slice) {
      this.callId = callId;
      this.#slice = slice;
      this.#sinceMs = nowMs;
    }
    this.elapsedMs = nowMs - this.#sinceMs;
  }
}
