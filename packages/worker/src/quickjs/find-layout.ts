import type { EngineModule } from '@sandglass/core';

import { toHex } from './engine-module.js';
import { createInstance } from './instance.js';
import type { Kind } from './kinds.js';
import { KNOWN_LAYOUTS, type KnownLayout } from './known-layouts.js';
import { SCRATCH_BYTES, type Layout } from './memory/layout.js';

const found: WeakMap<WebAssembly.Module, Promise<Layout>> = new WeakMap();

/** The layout of an engine, found once per thread: in the table if the binary is a known one, else by probing. */
export function findLayout(engine: EngineModule): Promise<Layout> {
  let layout = found.get(engine.wasm);
  if (!layout) found.set(engine.wasm, (layout = find(engine)));
  return layout;
}

async function find(engine: EngineModule): Promise<Layout> {
  const known = KNOWN_LAYOUTS[engine.hash];
  return (known && (await complete(engine, known))) ?? (await import('./probe-layout.js')).probeLayout(engine);
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
