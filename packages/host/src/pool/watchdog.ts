import { SLOT } from '@sandglass/core';

/** How often the slots of busy lanes are read. Its cost is a few microseconds each time. */
export const TICK_MS = 10;
/** What a thread gets beyond a call's limit to end it by its own means: the interrupt handler polls, natives return. */
export const GRACE_MS = 100;
/** In one slice for longer than this, a lane counts as stalled: what waits behind it goes elsewhere. */
export const STALL_MS = 15;

/**
 * Sees from a lane's slots which call its engine is in and since when, without asking the engine.
 *
 * Slots are plain numbers that a guest which took the engine over can forge: that ends its own lane at the worst.
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

  /** Reads the slots. Two reads need not belong together: only what stays the same over many ticks is acted on. */
  sample(slots: Int32Array, nowMs: number): void {
    const callId = Atomics.load(slots, SLOT.callId);
    const slice = Atomics.load(slots, SLOT.slice);
    if (callId !== this.callId || slice !== this.#slice) {
      this.callId = callId;
      this.#slice = slice;
      this.#sinceMs = nowMs;
    }
    this.elapsedMs = nowMs - this.#sinceMs;
  }
}
