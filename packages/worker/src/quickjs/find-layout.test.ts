import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { describe, expect, test } from 'vitest';

import { buildEngine } from '../../engine/build.js';
import { compileEngine } from './engine-module.js';
import { findLayout } from './find-layout.js';

const STOCK = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');

describe('findLayout', () => {
  test('a layout is read once', async () => {
    const engine = await compileEngine();
    expect(findLayout(engine)).toBe(findLayout(engine));
  });

  test('a binary without a layout is refused', async () => {
    const stock = await compileEngine(new Uint8Array(await readFile(STOCK)));
    await expect(findLayout(stock)).rejects.toThrow('does not say where');
  });

  test('a binary whose instances begin otherwise is refused', async () => {
    const bytes = await buildEngine(await readFile(STOCK));
    const at = Buffer.from(bytes).indexOf('"staticHash":"');
    bytes[at + 14] = bytes[at + 14] === 0x30 ? 0x31 : 0x30;
    await expect(findLayout(await compileEngine(bytes))).rejects.toThrow('another JavaScript');
  });
});
