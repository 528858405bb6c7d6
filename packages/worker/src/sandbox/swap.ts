import { CARD_TABLE, findDirtyCards, isTampered, markWritten, type CardRun } from '../quickjs/memory/cards.js';
import type { Pointer } from '../quickjs/ffi.js';
import { PAGE_BYTES } from '../quickjs/memory/layout.js';
import type { Realm } from '../quickjs/realm.js';
import { toInitialBytes, usedStackBytes, type Snapshot } from './snapshot.js';

/**
 * Most bytes of a call that is swapped out. They are copied in 50 µs, and most suspended calls have
 * written far less.
 */
const MAX_SWAPPED_BYTES = 256 << 10;

/** What a suspended call has written to its sandbox: all that differs from the snapshot. */
export interface Swapped {
  runs: readonly CardRun[];
  /** What the runs hold, one after the other. */
  bytes: Uint8Array;
  /** C stack that was used since the last restore; what it holds is dead. */
  stackBytes: number;
  /** See `Heap` in `instance.ts`. */
  refusedBytes: number;
  isShort: boolean;
  /** Values that the realm owns: see `Realm.own`. */
  owned: readonly Pointer[];
}

/**
 * Copies what was written since the last restore. Between slices only.
 *
 * @returns undefined if that is much, or would not fit in every sandbox of its extension, or the
 *   marks cannot be trusted.
 */
export function swapOut({ instance, layout, owned }: Realm, snapshot: Snapshot): Swapped | undefined {
  const { bytes, words, heap } = instance;
  const heapEnd = words[layout.heapEndAt >> 2]!;
  if (heapEnd > toInitialBytes(snapshot.header.heapEnd, heap.end) || isTampered(instance)) return undefined;
  const heapFrom = layout.heapBase - (layout.heapBase % PAGE_BYTES);
  const runs = [...findDirtyCards(instance, 0, CARD_TABLE), ...findDirtyCards(instance, heapFrom, heapEnd)];
  const size = runs.reduce((sum, { length }) => sum + length, 0);
  if (size > MAX_SWAPPED_BYTES) return undefined;
  const copy = new Uint8Array(size);
  let to = 0;
  for (const { at, length } of runs) {
    copy.set(bytes.subarray(at, at + length), to);
    to += length;
  }
  const { refusedBytes, isShort } = heap;
  return { runs, bytes: copy, stackBytes: usedStackBytes(instance, layout), refusedBytes, isShort, owned };
}

/** Goes on where `swapOut` left off, in a restored sandbox of the same extension. */
export function swapIn(realm: Realm, swapped: Swapped): void {
  const { instance, layout } = realm;
  const { runs, bytes, stackBytes, refusedBytes, isShort } = swapped;
  let from = 0;
  for (const { at, length } of runs) {
    instance.bytes.set(bytes.subarray(from, from + length), at);
    markWritten(instance, at, length);
    from += length;
  }
  if (stackBytes > 0) markWritten(instance, layout.heapBase - stackBytes, 1);
  Object.assign(instance.heap, { refusedBytes, isShort });
  for (const pointer of swapped.owned) realm.own(pointer);
}
