/** Weight of a smaller call in what a call is expected to hold; a larger one counts in full. */
const WEIGHT = 0.1;

/** What a call holds of which nothing is known: about what a new sandbox is charged. */
export const FIRST_BYTES: number = 512 << 10;

/** Heap that calls of one extension hold at the most, by what the latest have used. */
export class CallMemory {
  bytes: number = FIRST_BYTES;

  /** @param heapBytes of a call that has ended; 0 if nobody looked. */
  learn(heapBytes: number): void {
    if (heapBytes > this.bytes) this.bytes = heapBytes;
    else if (heapBytes > 0) this.bytes += (heapBytes - this.bytes) * WEIGHT;
  }
}
