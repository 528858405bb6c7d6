import type { Registration, SnapshotWire } from '@sandglass/core';

import type { PreludeFunction } from './prelude.js';
import type { Layout } from './quickjs/layout.js';
import type { Machine } from './quickjs/machine.js';
import type { RealmPointers } from './quickjs/realm.js';

/** Granularity in which memory is saved. */
const PAGE_BYTES = 4_096;

/** Zero pages between two others that are saved with them: one longer copy beats two short ones. */
const MERGE_PAGES = 4;

/** C stack below the heap that a load can reach at the most: far above any `stackBytes`. */
const STACK_BYTES = 1 << 20;

/** `SGS2`, little-endian. */
const MAGIC = 0x32534753;

/** Magic, length of the header, SHA-256 of all that follows. */
const DIGEST_AT = 8;
const HEADER_AT = 40;

/** A sandbox at rest, minus its bytes. Pointers are the same in every instance of one engine. */
export interface SnapshotHeader {
  key: string;
  /** `[address, byte length]`, ascending; the bytes follow one another in the body. */
  runs: [number, number][];
  /** First byte of the heap, the same in every instance of its size. */
  heapStart: number;
  /** End of the heap when it was taken. */
  heapEnd: number;
  realm: RealmPointers;
  prelude: Record<PreludeFunction, number>;
  handlers: number[];
  registrations: Registration[];
}

/** Memory of an evaluated extension, ready to be written into an instance. */
export interface Snapshot {
  header: SnapshotHeader;
  wire: SnapshotWire;
  /** The saved bytes, one view for each run. */
  parts: readonly Uint8Array[];
  /** What lies in the heap between runs: zero in the snapshot, perhaps not after a call. */
  gaps: readonly [from: number, to: number][];
}

/** Saves all that a new instance does not have, at once; what takes time is the digest. Nothing may hold a handle, no job may wait. */
export async function takeSnapshot(
  machine: Machine,
  layout: Layout,
  header: Omit<SnapshotHeader, 'runs' | 'heapStart' | 'heapEnd'>,
): Promise<Snapshot> {
  clearStack(machine, layout.heapBase & ~(PAGE_BYTES - 1), STACK_BYTES, Number.MAX_SAFE_INTEGER); // dead between calls
  const heapEnd = machine.words[layout.heapEndAt >> 2]!;
  const runs = findRuns(machine, layout, heapEnd);
  const wire = pack(
    { ...header, runs, heapStart: machine.heap.start, heapEnd },
    runs.map(([at, length]) => machine.bytes.subarray(at, at + length)),
  );
  new Uint8Array(wire.bytes, DIGEST_AT).set(await digestOf(wire));
  return toSnapshot(wire);
}

/** Pages that a new instance does not have as they are. */
function findRuns({ bytes, words }: Machine, { staticImage, heapBase }: Layout, heapEnd: number): [number, number][] {
  const image = new Uint32Array(staticImage.buffer);
  const heapPage = heapBase & ~(PAGE_BYTES - 1);
  const runs: [number, number][] = [];
  const end = Math.min(Math.ceil(heapEnd / PAGE_BYTES) * PAGE_BYTES, bytes.length);
  for (let page = 0; page < end; page += PAGE_BYTES) {
    if (page === staticImage.length) page = heapPage; // between them lies the C stack: 5 MB, dead
    if (isUntouched(words, image, page)) continue;
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

async function digestOf({ bytes }: SnapshotWire): Promise<Uint8Array> {
  const copy = new Uint8Array(bytes.byteLength - HEADER_AT); // shared memory cannot be hashed
  copy.set(new Uint8Array(bytes, HEADER_AT));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', copy));
}

/** Whether bytes that were away, for example on a disk, are what `takeSnapshot` packed. */
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
    const opened = toSnapshot(wire);
    return opened.header.key === key && isSound(opened, layout) ? opened : undefined;
  } catch {
    return undefined;
  }
}

function isSound({ header, parts }: Snapshot, layout: Layout): boolean {
  const { undefined: constant, ...heap } = header.realm;
  const pointers = [...Object.values(heap), ...Object.values(header.prelude), ...header.handlers];
  return (
    constant > 0 &&
    constant < header.heapEnd &&
    header.runs.every(
      ([at, length], i) => at >= (i && header.runs[i - 1]![0] + header.runs[i - 1]![1]) && parts[i]!.length === length,
    ) &&
    header.runs.length > 0 &&
    pointers.every((pointer) => Number.isInteger(pointer) && pointer >= layout.heapBase && pointer < header.heapEnd)
  );
}

function toSnapshot(wire: SnapshotWire): Snapshot {
  const [magic, headerLength] = new Uint32Array(wire.bytes, 0, 2);
  if (magic !== MAGIC) throw new Error('not a snapshot');
  const bytes = new Uint8Array(wire.bytes);
  const header = JSON.parse(
    new TextDecoder().decode(bytes.slice(HEADER_AT, HEADER_AT + headerLength!)),
  ) as SnapshotHeader; // isSound checks what matters
  let at = align(HEADER_AT + headerLength!);
  const parts = header.runs.map(([, length]) => bytes.subarray(at, (at += length)));
  return { header, wire, parts, gaps: findGaps(header) };
}

function findGaps({ runs, heapStart, heapEnd }: SnapshotHeader): [number, number][] {
  const gaps: [number, number][] = [];
  let from = heapStart;
  for (const [at, length] of runs) {
    if (at > from) gaps.push([from, at]);
    from = Math.max(from, at + length);
  }
  if (heapEnd > from) gaps.push([from, heapEnd]);
  return gaps;
}

/** Copies the bytes to memory of this thread: restoring from shared memory takes about three times as long. */
export function withPrivateParts(snapshot: Snapshot): Snapshot {
  return { ...snapshot, parts: snapshot.parts.map((part) => part.slice()) };
}

/**
 * Puts an instance back to the moment of the snapshot, and zeroes what was written since.
 *
 * @param stackBytes C stack that guest code may have used.
 */
export function restore(machine: Machine, layout: Layout, snapshot: Snapshot, stackBytes: number): void {
  const { bytes, words } = machine;
  const { runs, heapEnd } = snapshot.header;
  const usedTo = words[layout.heapEndAt >> 2]!;
  bytes.set(layout.staticImage);
  for (const [i, part] of snapshot.parts.entries()) bytes.set(part, runs[i]![0]);
  for (const [from, to] of snapshot.gaps) bytes.fill(0, from, to);
  const savedTo = Math.max(heapEnd, ...runs.slice(-1).map(([at, length]) => at + length));
  if (usedTo > savedTo) bytes.fill(0, savedTo, usedTo);
  clearStack(machine, stackTop(layout, runs), stackBytes, CLEAN_PAGES);
}

/** The C stack ends at the heap; its top page is saved together with the heap's first. */
function stackTop(layout: Layout, runs: readonly [number, number][]): number {
  const shared = runs.find(([at, length]) => at <= layout.heapBase && at + length > layout.heapBase);
  return shared ? shared[0] : layout.heapBase & ~(PAGE_BYTES - 1);
}

/** Stack pages looked at beyond the last used one: no frame of the engine leaves a hole of 32 KiB. */
const CLEAN_PAGES = 8;

/** Words between samples of a stack page: each frame writes more often than that. */
const SAMPLE_WORDS = 16;

/** Zeroes the pages that a call's C stack reached, and leaves the untouched ones unmapped. */
function clearStack(machine: Machine, top: number, stackBytes: number, patience: number): void {
  const lowest = usedStack(machine, top, stackBytes, patience);
  if (lowest < top) machine.bytes.fill(0, lowest, top);
}

/**
 * The lowest stack page that was written since it was last zeroed.
 *
 * @param patience clean pages after which the search ends.
 */
function usedStack({ words }: Machine, top: number, stackBytes: number, patience: number): number {
  const end = Math.max(0, top - stackBytes - 16 * PAGE_BYTES);
  let lowest = top;
  for (let page = top - PAGE_BYTES; page >= end && lowest - page <= patience * PAGE_BYTES; page -= PAGE_BYTES) {
    for (let i = page >> 2; i < (page + PAGE_BYTES) >> 2; i += SAMPLE_WORDS) {
      if (words[i] !== 0) {
        lowest = page;
        break;
      }
    }
  }
  return lowest;
}

/** Bytes of C stack that were used since the last restore, to a page. */
export function usedStackBytes(machine: Machine, layout: Layout, stackBytes: number): number {
  const top = layout.heapBase & ~(PAGE_BYTES - 1);
  return layout.heapBase - usedStack(machine, top, stackBytes, Number.MAX_SAFE_INTEGER);
}
