import type { EngineModule } from '@sandglass/core';

import { toHex } from '../engine-module.js';
import type { Kind } from '../kinds.js';
import { KNOWN_LAYOUTS, type KnownLayout } from '../known-layouts.js';
import { createInstance } from '../instance.js';

/** Where the engine keeps what a restore must know. Probed on a scratch instance, so that a new build of it is found out, not trusted. */
export interface Layout {
  /** The static data of an instance that nothing was done with yet, from address 0, in words. */
  staticImage: Uint32Array<ArrayBuffer>;
  /** SHA-256 of it, hex. */
  staticHash: string;
  /** First byte of the heap; the C stack ends below it. */
  heapBase: number;
  /** Address of the word that holds the heap's end (`sbrk`). It never goes down. */
  heapEndAt: number;
  /** Offset in the context of the 64-bit state of `Math.random`. */
  randomOffset: number;
  /** Offset in the context of the 32-bit count of branches and calls until the next poll of the interrupt handler. */
  countdownOffset: number;
  /** Where an ArrayBuffer's bytes are: at `object + record`, a pointer to a record, and in it at `data` a pointer to the bytes, at `length` their number. */
  buffer: { record: number; data: number; length: number };
  /** Offset in an object of its 16-bit class id. */
  classOffset: number;
  /** Class id → {@link Kind}. */
  kinds: ReadonlyMap<number, Kind>;
  /** Upper word of a JSValue that is an exception. */
  exceptionTag: number;
  /** Upper word of a JSValue that is an object. */
  objectTag: number;
}

/** Static data and snapshots are kept in whole pages of this size. */
export const PAGE_BYTES = 4_096;

/** Memory of an instance that only shows its layout: static data, C stack, and a heap that holds a realm. */
export const SCRATCH_BYTES: number = 16 << 20;

const found: WeakMap<WebAssembly.Module, Promise<Layout>> = new WeakMap();

/** The layout of an engine, found once per thread: in the table if the binary is a known one, else by probing. */
export function findLayout(engine: EngineModule): Promise<Layout> {
  let layout = found.get(engine.wasm);
  if (!layout) found.set(engine.wasm, (layout = find(engine)));
  return layout;
}

async function find(engine: EngineModule): Promise<Layout> {
  const known = KNOWN_LAYOUTS[engine.hash];
  return (known && (await complete(engine, known))) ?? (await import('../probe-layout.js')).probeLayout(engine);
}

/** Takes the static data from an instance. Undefined if the table was made with other JavaScript around the same binary. */
async function complete(
  engine: EngineModule,
  { staticBytes, kinds, ...offsets }: KnownLayout,
): Promise<Layout | undefined> {
  const { words } = await createInstance(engine, { maxBytes: SCRATCH_BYTES });
  const staticImage = words.slice(0, staticBytes / 4);
  const staticHash = toHex(await crypto.subtle.digest('SHA-256', staticImage));
  if (staticHash !== offsets.staticHash) return undefined;
  const classes = Object.entries(kinds).flatMap(([kind, ids]) => ids.map((id) => [id, kind as Kind] as const)); // its keys
  return { ...offsets, staticImage, kinds: new Map(classes) };
}
