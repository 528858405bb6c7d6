import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { describe, expect, test } from 'vitest';

import { compileEngine } from './engine-module.js';
import { findLayout } from './find-layout.js';

const { resolve } = createRequire(import.meta.url);
const STOCK = resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
const ENGINE = resolve('@sandglass/worker/engine.wasm');

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
    const bytes = new Uint8Array(await readFile(ENGINE));
    const at = Buffer.from(bytes).indexOf('"staticHash":"');
    bytes[at + 14] = bytes[at + 14] === 0x30 ? 0x31 : 0x30;
    await expect(findLayout(await compileEngine(bytes))).rejects.toThrow('another JavaScript');
  });
});
