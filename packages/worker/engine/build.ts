import { countLoops } from './count-loops.js';
import { ENGINE_FUNCTIONS } from './engine-functions.js';
import { findExports } from './find-exports.js';
import { findPoll } from './find-poll.js';
import { instrument } from './instrument.js';
import { mend, MENDED_WITH } from './mend.js';
import { optimise } from './optimise.js';
import { probeLayout } from './probe-layout.js';
import { BinaryWriter } from './wasm-binary.js';
import { writeCustomSection } from './wasm-sections.js';
import { toHex } from '../src/quickjs/engine-module.js';
import { LAYOUT_SECTION, type StoredLayout } from '../src/quickjs/find-layout.js';
import type { Layout } from '../src/quickjs/memory/layout.js';

/**
 * Makes the engine from a stock binary of quickjs-emscripten: mends it, counts its loops, optimises
 * and instruments it, probes its layout, and appends the layout as a section. The same input gives
 * the same bytes on every machine.
 *
 * @throws {Error} for a build of QuickJS whose layout a probe does not find.
 */
export async function buildEngine(stock: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const module = await WebAssembly.compile(stock);
  const poll = await findPoll();
  const mended = mend(stock, poll, await findExports(module, MENDED_WITH));
  const optimised = optimise(countLoops(mended, poll));
  const rewritten = instrument(optimised, await findExports(module, ENGINE_FUNCTIONS));
  const hash = toHex(await crypto.subtle.digest('SHA-256', rewritten));
  const layout = await probeLayout({ wasm: await WebAssembly.compile(rewritten), hash });
  return withSection(rewritten, JSON.stringify(toStored(layout)));
}

function toStored({ staticImage, kinds, ...offsets }: Layout): StoredLayout {
  return { staticBytes: staticImage.byteLength, ...offsets, kinds: [...kinds] };
}

function withSection(wasm: Uint8Array, text: string): Uint8Array<ArrayBuffer> {
  const out = new BinaryWriter(wasm.length + text.length + 64);
  out.copy(wasm, 0, wasm.length);
  writeCustomSection(out, LAYOUT_SECTION, text);
  return out.done();
}
