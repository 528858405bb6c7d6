import type { Pointer } from '../quickjs/ffi.js';

/** A promise of the guest that is rejected, and that nobody handles yet. */
export interface Rejection {
  /** Its address: it is not kept, and may be another's once it is gone. */
  promise: Pointer;
  /** Kept until it is told, or the sandbox is restored. */
  reason: Pointer;
}

/**
 * Rejections of one call that are known at once. More than that are not told: a warning is for
 * someone who reads it.
 */
export const MAX_REJECTIONS = 16;
