import type { EngineModule } from '@sandglass/core';
import { beforeAll, expect, test } from 'vitest';

import { compileEngine } from './engine-module.js';
import type { Kind } from './kinds.js';
import { findLayout } from './find-layout.js';
import type { Layout } from './memory/layout.js';
import { KNOWN_LAYOUTS } from './known-layouts.js';
import { probeLayout } from './probe-layout.js';

let engine: EngineModule;

beforeAll(async () => {
  engine = await compileEngine();
});

/** All but the image, which nobody wants to see in a difference. Its digest is there. */
function offsetsOf({ staticImage, ...offsets }: Layout): Omit<Layout, 'staticImage'> & { staticBytes: number } {
  return { staticBytes: staticImage.byteLength, ...offsets };
}

test('the table has the binary at hand, as the probe finds it', async () => {
  const { kinds, ...offsets } = offsetsOf(await probeLayout(engine));
  const idsOf = (kind: Kind): number[] => [...kinds.keys()].filter((id) => kinds.get(id) === kind);
  const byKind = Object.fromEntries([...new Set(kinds.values())].map((kind) => [kind, idsOf(kind)]));
  expect(KNOWN_LAYOUTS[engine.hash]).toEqual({ ...offsets, kinds: byKind });
});

test('a layout is found once', () => {
  expect(findLayout(engine)).toBe(findLayout(engine));
});

test('a table made with another static image is not used', async () => {
  const known = KNOWN_LAYOUTS[engine.hash]!;
  const wasm = { wasm: (await compileEngine()).wasm, hash: 'other' };
  const tables = KNOWN_LAYOUTS as Record<string, typeof known>;
  tables['other'] = { ...known, staticHash: '0'.repeat(64), heapBase: 1 };
  expect(offsetsOf(await findLayout(wasm))).toEqual(offsetsOf(await findLayout(engine)));
  delete tables['other'];
});

test('a binary that the table does not have is probed', async () => {
  const unknown = { wasm: (await compileEngine()).wasm, hash: '0'.repeat(64) };
  const probed = await findLayout(unknown);
  const known = await findLayout(engine);
  expect(offsetsOf(probed)).toEqual(offsetsOf(known));
  expect(Buffer.compare(Buffer.from(probed.staticImage.buffer), Buffer.from(known.staticImage.buffer))).toBe(0);
});
