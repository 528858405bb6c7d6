import type { Pointer } from './ffi.js';
import type { Machine } from './machine.js';

/** Free memory in one piece that is left as it is. */
const ROOM_BYTES = 16_384;

/** The allocator's (dlmalloc of Emscripten): the least that it gives out, and what it keeps of that for itself. */
const MIN_CHUNK_BYTES = 16;
const HEADER_BYTES = 4;

/**
 * Takes up the small gaps that loading an extension leaves in the heap, for good: a few kilobytes. What its calls allocate then lies side by
 * side, in 18 cards instead of 26 for a small one.
 */
export function fillGaps({ module }: Pick<Machine, 'module'>): void {
  for (let chunk = ROOM_BYTES / 2; chunk >= MIN_CHUNK_BYTES; chunk /= 2) {
    let room: Pointer[] = [];
    while (room.length * chunk < ROOM_BYTES) {
      const at = module._malloc(chunk - HEADER_BYTES);
      if (at === 0) break; // the heap is full
      if (at !== (room.at(-1) ?? 0) + chunk) room = []; // what was before was a gap
      room.push(at);
    }
    for (const at of room) module._free(at);
  }
}
