import type { Registration, SnapshotWire } from '@sandglass/core';

import type { PreludeFunction } from './prelude/prelude.js';
import {
  CARD_BYTES,
  CARD_TABLE,
  zeroDirtyCards,
  COPIES_END,
  indexAt,
  INDEXED_BYTES,
  lowestDirtyCard,
  markAt,
  takeDirtyCards,
} from '../quickjs/memory/cards.js';
import { instanceTable } from '../quickjs/instance-table.js';
import { PAGE_BYTES, type Layout } from '../quickjs/memory/layout.js';
import { toWholePages, type Instance } from '../quickjs/instance.js';
import type { RealmPointers } from '../quickjs/realm-pointers.js';

/**
 * Pages of zeros between two runs that are saved as part of one run: one long run is faster to
 * restore than two short ones.
 */
const MERGE_PAGES = 4;

/**
 * C stack that a call can reach: the most that `stackBytes` may be, and the frames of natives that
 * were entered last.
 */
const STACK_BYTES = (256 + 64) << 10;

/**
 * Heap that a new sandbox has free: a small extension takes 200 KiB, a small call next to nothing.
 * All of it is charged to the budget.
 */
const FREE_HEAP_BYTES = 256 << 10;

/** `SGS4`, little-endian. */
const MAGIC = 0x34534753;

/**
 * Runs of dirty cards up to this size get copies inside the instance for the next restore. Longer
 * runs are as fast from the snapshot.
 */
const MAX_COPIED_BYTES = 64 * CARD_BYTES;

/** Magic, length of the header, SHA-256 of all that follows. */
const DIGEST_AT = 8;
const HEADER_AT = 40;

/**
 * Everything of a snapshot but its bytes. Pointers are the same in every instance of one engine.
 */
export interface SnapshotHeader {
  key: string;
  /** `[address, byte length]`, ascending, whole pages; the bytes follow one another in the body. */
  runs: [number, number][];
  /** First byte of the heap, the same in every instance of its size. */
  heapStart: number;
  /** End of the heap when it was taken. */
  heapEnd: number;
  /** What its hashes depend on: see `engine/seed-hashes.ts`. */
  hashSeed: number;
  realm: RealmPointers;
  prelude: Record<PreludeFunction, number>;
  handlers: number[];
  registrations: Registration[];
}

/** Memory of an evaluated extension, ready to be written into an instance. */
export interface Snapshot {
  header: SnapshotHeader;
  wire: SnapshotWire;
  /** The ranges that are not all zeros, ascending. */
  images: readonly Image[];
}

/** A part of the memory and what it holds. */
interface Image {
  at: number;
  bytes: Uint8Array;
}

/** Memory that a sandbox has from the start: up to the end of its heap, and some free. */
export function toInitialBytes(heapEnd: number, maxBytes: number): number {
  return Math.min(maxBytes, toWholePages(heapEnd + FREE_HEAP_BYTES));
}

/**
 * Saves all that a new instance does not have. The memory is copied at once; only the digest is
 * asynchronous. No value may be owned, and no promise job may be queued.
 */
export async function takeSnapshot(
  instance: Instance,
  layout: Layout,
  header: Omit<SnapshotHeader, 'runs' | 'heapStart' | 'heapEnd' | 'hashSeed'>,
): Promise<Snapshot> {
  const heapEnd = instance.words[layout.heapEndAt >> 2]!;
  zeroDirtyCards(instance, stackStart(layout), toPage(layout.heapBase)); // dead between calls
  const runs = findRuns(instance, layout, heapEnd);
  const wire = pack(
    { ...header, runs, heapStart: instance.heap.start, heapEnd, hashSeed: instance.functions.hashSeed.value },
    runs.map(([at, length]) => instance.bytes.subarray(at, at + length)),
  );
  instance.image = runs;
  new Uint8Array(wire.bytes, DIGEST_AT).set(await digestOf(wire));
  return toSnapshot(wire, layout);
}

/** Pages that a new instance does not have as they are. */
function findRuns({ words }: Instance, { staticImage, heapBase }: Layout, heapEnd: number): [number, number][] {
  const runs: [number, number][] = [];
  const end = Math.min(Math.ceil(heapEnd / PAGE_BYTES) * PAGE_BYTES, words.length * 4);
  for (let page = 0; page < end; page += PAGE_BYTES) {
    // between them lies the C stack: 5 MB, dead
    if (page === staticImage.length * 4) page = toPage(heapBase);
    if (isUntouched(words, staticImage, page)) continue;
    const last = runs.at(-1);
    if (last && page - (last[0] + last[1]) <= MERGE_PAGES * PAGE_BYTES) last[1] = page + PAGE_BYTES - last[0];
    else runs.push([page, PAGE_BYTES]);
  }
  return runs;
}

function isUntouched(words: Uint32Array, image: Uint32Array, page: number): boolean {
  for (let i = page >> 2; i < (page + PAGE_BYTES) >> 2; i++) if (words[i] !== (image[i] ?? 0)) return false;
  return true;
}

function toPage(address: number): number {
  return address - (address % PAGE_BYTES);
}

function stackStart({ heapBase }: Layout): number {
  const start = toPage(heapBase - STACK_BYTES);
  if (start < COPIES_END) throw new Error('Cannot use this build of QuickJS: its C stack is too small');
  return start;
}

async function digestOf({ bytes }: SnapshotWire): Promise<Uint8Array> {
  const copy = new Uint8Array(bytes.byteLength - HEADER_AT); // shared memory cannot be hashed
  copy.set(new Uint8Array(bytes, HEADER_AT));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', copy));
}

/** Whether bytes that come from a disk or another process are what `takeSnapshot` packed. */
export async function isIntact(wire: SnapshotWire): Promise<boolean> {
  if (wire.bytes.byteLength < HEADER_AT) return false;
  const digest = await digestOf(wire);
  const stored = new Uint8Array(wire.bytes, DIGEST_AT, digest.length);
  return digest.every((byte, i) => byte === stored[i]);
}

/** Header as JSON, padding, body; in shared memory where the runtime has it. */
function pack(header: SnapshotHeader, parts: Uint8Array[]): SnapshotWire {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bodyAt = align(HEADER_AT + json.length);
  const size = bodyAt + parts.reduce((sum, part) => sum + part.length, 0);
  const buffer = typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(size) : new SharedArrayBuffer(size);
  new Uint32Array(buffer, 0, 2).set([MAGIC, json.length]);
  const bytes = new Uint8Array(buffer);
  bytes.set(json, HEADER_AT);
  let at = bodyAt;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { key: header.key, bytes: buffer };
}

function align(size: number): number {
  return Math.ceil(size / 16) * 16;
}

/**
 * Opens what `takeSnapshot` packed, here, in another thread or in another process.
 *
 * @param key the key that the reader computed for itself.
 * @returns undefined if the bytes are damaged, or belong to other code or another engine.
 */
export function openSnapshot(wire: SnapshotWire, key: string, layout: Layout): Snapshot | undefined {
  try {
    const opened = toSnapshot(wire, layout);
    return opened.header.key === key && isSound(opened, layout) ? opened : undefined;
  } catch {
    return undefined;
  }
}

function isSound({ header }: Snapshot, layout: Layout): boolean {
  const { undefined: constant, ...inHeap } = header.realm;
  const pointers = [...Object.values(inHeap), ...Object.values(header.prelude), ...header.handlers];
  return (
    constant > 0 &&
    constant < header.heapEnd &&
    header.runs.length > 0 &&
    Math.abs(header.hashSeed % 2) === 1 &&
    header.runs.every(([at, length], i) => {
      const free = i === 0 ? 0 : header.runs[i - 1]![0] + header.runs[i - 1]![1];
      const isWhole = at % PAGE_BYTES === 0 && length > 0 && length % PAGE_BYTES === 0;
      // between them lies the card table
      const isKept = at + length <= layout.staticImage.byteLength || at >= toPage(layout.heapBase);
      return at >= free && isWhole && isKept;
    }) &&
    pointers.every((pointer) => Number.isInteger(pointer) && pointer >= layout.heapBase && pointer < header.heapEnd)
  );
}

function toSnapshot(wire: SnapshotWire, layout: Layout): Snapshot {
  const [magic, headerLength] = new Uint32Array(wire.bytes, 0, 2);
  if (magic !== MAGIC) throw new Error('not a snapshot');
  const bytes = new Uint8Array(wire.bytes);
  const header = JSON.parse(
    new TextDecoder().decode(bytes.slice(HEADER_AT, HEADER_AT + headerLength!)),
  ) as SnapshotHeader; // isSound checks what matters
  return { header, wire, images: toImages(header, layout, wire.bytes, align(HEADER_AT + headerLength!)) };
}

/**
 * Lays the saved runs over the static data of a new instance.
 *
 * @throws {RangeError} if bytes are missing
 */
function toImages(
  { runs }: SnapshotHeader,
  { staticImage }: Layout,
  bytes: SnapshotWire['bytes'],
  bodyAt: number,
): Image[] {
  const statics = new Uint8Array(staticImage.buffer);
  const images: Image[] = [];
  let at = 0;
  let body = bodyAt;
  for (const [from, length] of runs) {
    if (at < statics.length) images.push({ at, bytes: statics.subarray(at, from) });
    images.push({ at: from, bytes: new Uint8Array(bytes, body, length) });
    at = from + length;
    body += length;
  }
  if (at < statics.length) images.push({ at, bytes: statics.subarray(at) });
  return images;
}

/**
 * Puts an instance back to the moment of the snapshot: everything that was written since.
 *
 * @returns false if something wrote to the card table itself, so that the marks cannot be trusted:
 *   the instance has to go.
 */
export function restore(instance: Instance, { heapEndAt }: Layout, snapshot: Snapshot): boolean {
  const { bytes, words, copies, entry } = instance;
  const usedTo = Math.min(Math.max(words[heapEndAt >> 2]!, snapshot.header.heapEnd), bytes.length);
  const indexedTo = Math.min(usedTo, INDEXED_BYTES);
  const tableEnd = markAt(markAt(bytes.length));
  const left = instanceTable.restoreCards(
    tableEnd,
    markAt(indexAt(indexedTo)),
    markAt(copies.end),
    markAt(indexedTo),
    entry + 1,
  );
  if (left > 0 || usedTo > INDEXED_BYTES) restoreFromSnapshot(instance, snapshot, usedTo);
  return left >= 0;
}

/** Restores the cards that have no copy in the instance. */
function restoreFromSnapshot(instance: Instance, { images }: Snapshot, usedTo: number): void {
  for (const run of [...takeDirtyCards(instance, 0, CARD_TABLE), ...takeDirtyCards(instance, COPIES_END, usedTo)]) {
    const { at, length } = run;
    const end = at + length;
    instance.bytes.fill(0, at, end);
    for (const image of images) {
      const from = Math.max(at, image.at);
      const to = Math.min(end, image.at + image.bytes.length);
      if (from < to) instance.bytes.set(image.bytes.subarray(from - image.at, to - image.at), from);
    }
    if (length <= MAX_COPIED_BYTES) {
      for (let card = at; card < end; card += CARD_BYTES) instance.copies.add(instance, card);
    }
  }
}

/** Writes a snapshot into a new instance, whose start code has written a little already. */
export function fill(instance: Instance, { header, images }: Snapshot): void {
  zeroDirtyCards(instance, 0, instance.bytes.length);
  instance.image = header.runs;
  instance.functions.hashSeed.value = header.hashSeed;
  for (const { at, bytes } of images) instance.bytes.set(bytes, at);
}

/** Bytes of C stack that were used since the last restore, to a card. */
export function usedStackBytes(instance: Instance, layout: Layout): number {
  return layout.heapBase - lowestDirtyCard(instance, stackStart(layout), layout.heapBase);
}
