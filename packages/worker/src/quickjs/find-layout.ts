import type { EngineModule } from '@sandglass/core';

import { toHex } from './engine-module.js';
import { createInstance } from './instance.js';
import type { Kind } from './kinds.js';
import { SCRATCH_BYTES, type Layout } from './memory/layout.js';

/**
 * Name of the binary's custom section with what the build has probed (`engine/probe-layout.ts`), as
 * JSON: a {@link StoredLayout}.
 */
export const LAYOUT_SECTION = 'sandglass.layout';

/** A layout without what an instance is needed for. */
export interface StoredLayout extends Omit<Layout, 'staticImage' | 'kinds'> {
  /** Length of the static image. */
  staticBytes: number;
  kinds: [classId: number, kind: Kind][];
}

const found: WeakMap<WebAssembly.Module, Promise<Layout>> = new WeakMap();

/**
 * The layout of an engine, read once per thread.
 *
 * @throws {Error} if the binary has none, or its instances begin otherwise than the build's.
 */
export function findLayout(engine: EngineModule): Promise<Layout> {
  let layout = found.get(engine.wasm);
  if (!layout) found.set(engine.wasm, (layout = find(engine)));
  return layout;
}

async function find(engine: EngineModule): Promise<Layout> {
  const [section] = WebAssembly.Module.customSections(engine.wasm, LAYOUT_SECTION);
  if (!section) throw new Error('Cannot use this build of QuickJS: it does not say where it keeps what');
  // the build's own
  const { staticBytes, kinds, ...offsets } = JSON.parse(new TextDecoder().decode(section)) as StoredLayout;
  const { words } = await createInstance(engine, { maxBytes: SCRATCH_BYTES });
  const staticImage = words.slice(0, staticBytes / 4);
  const staticHash = toHex(await crypto.subtle.digest('SHA-256', staticImage));
  if (staticHash !== offsets.staticHash)
    throw new Error('Cannot use this build of QuickJS: another JavaScript starts it');
  return { ...offsets, staticImage, kinds: new Map(kinds) };
}
