import type { Instance } from '../instance.js';

/** A piece of free memory of this size or more is no gap: it stays free. */
const ROOM_BYTES = 16_384;

/**
 * Most bytes that are filled. A small extension leaves gaps of 50 KiB; the calls of one that leaves
 * much more need the memory.
 */
const MAX_FILLED_BYTES = 1 << 18;

/**
 * Least size of a chunk in the allocator (dlmalloc of Emscripten), and the bytes of it that are its
 * header.
 */
const MIN_CHUNK_BYTES = 16;
const HEADER_BYTES = 4;

/**
 * Fills the small gaps that loading an extension leaves in the heap, for good. The objects of a
 * call then lie side by side: those of a small call in 19 cards instead of 26.
 *
 * Large gaps are filled first. Then no gap is left that has room for two pieces of half that size:
 * two pieces that lie side by side are beyond the gaps, and end the search for that size.
 */
export function compactHeap({ module }: Pick<Instance, 'module'>): void {
  let left = MAX_FILLED_BYTES;
  for (let chunk = ROOM_BYTES / 2; chunk >= MIN_CHUNK_BYTES; chunk /= 2) {
    const take = (): number => module._malloc(chunk - HEADER_BYTES); // 0 once the heap is full
    let last = take();
    let next = take();
    for (; next !== 0 && next !== last + chunk && left > 0; left -= chunk) {
      last = next; // the piece before lies in a gap
      next = take();
    }
    for (const at of [next, last]) module._free(at);
  }
}
