import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';

import { beforeAll, describe, expect, test } from 'vitest';

import {
  CARD_BYTES,
  COPIES_END,
  createCardMemory,
  isTampered,
  isTracked,
  type CardMemory,
} from '../src/quickjs/memory/cards.js';
import { buildEngine } from './build.js';
import { instrument } from './instrument.js';
import { instantiate, moduleOf } from './testing/module-of.js';
import { encodeU32 } from './wasm-sections.js';

/**
 * Instructions of a function `(i32, i32, i32) → ()`, with each store and bulk write as an export.
 */
const PUSH = { i32: [0x20, 1], i64: [0x20, 1, 0xad], f32: [0x20, 1, 0xb3], f64: [0x20, 1, 0xb8] };
const STORES: [name: string, op: number, push: number[], width: number][] = [
  ['i32.store', 0x36, PUSH.i32, 4],
  ['i64.store', 0x37, PUSH.i64, 8],
  ['f32.store', 0x38, PUSH.f32, 4],
  ['f64.store', 0x39, PUSH.f64, 8],
  ['i32.store8', 0x3a, PUSH.i32, 1],
  ['i32.store16', 0x3b, PUSH.i32, 2],
  ['i64.store8', 0x3c, PUSH.i64, 1],
  ['i64.store16', 0x3d, PUSH.i64, 2],
  ['i64.store32', 0x3e, PUSH.i64, 4],
];
const OFFSET = 5_120;

type Write = (at: number, value: number, length: number) => void;

const BODIES: Record<string, number[]> = {
  fill: [0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 11, 0],
  copy: [0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 10, 0, 0],
};
for (const [name, op, push, width] of STORES) {
  BODIES[name] = [0x20, 0, ...push, op, Math.log2(width), 0];
  BODIES[`${name} far`] = [0x20, 0, ...push, op, Math.log2(width), 0x80, 0x28]; // offset 5120
  BODIES[`${name} unaligned`] = [0x20, 0, ...push, op, 0, 0];
}

let writes: Record<string, Write>;
let memory: CardMemory;

/** The cards that a write marks. */
function marksOf(name: string, at: number, value = 1, length = 0): number[] {
  memory.marks.fill(0);
  writes[name]!(at, value, length);
  return [...memory.marks.keys()].filter((card) => memory.marks[card] === 1);
}

describe('instrument', () => {
  beforeAll(async () => {
    const buffer = new WebAssembly.Memory({ initial: 16 });
    const module = await WebAssembly.compile(instrument(moduleOf(BODIES)));
    writes = await instantiate(module, buffer);
    memory = createCardMemory(buffer.buffer as ArrayBuffer); // not shared
  });

  test.each(STORES)('%s marks the card that it writes to', (name, _op, _push, width) => {
    expect(marksOf(name, 3 * CARD_BYTES - width)).toEqual([2]);
    expect(memory.bytes.subarray(3 * CARD_BYTES - width, 3 * CARD_BYTES).some((byte) => byte !== 0)).toBe(true);
    expect(marksOf(name, 3 * CARD_BYTES)).toEqual([3]);
    expect(marksOf(`${name} far`, CARD_BYTES)).toEqual([1 + OFFSET / CARD_BYTES]);
  });

  test.each(STORES.filter(([, , , width]) => width > 1))('%s marks both cards that it reaches into', (name) => {
    expect(marksOf(`${name} unaligned`, 3 * CARD_BYTES - 1)).toEqual([2, 3]);
    expect(marksOf(`${name} unaligned`, 3 * CARD_BYTES)).toEqual([3]);
  });

  test('bulk writes of any length mark all that they cover, and at most one card more', () => {
    for (const length of [1, 2, CARD_BYTES - 1, CARD_BYTES, CARD_BYTES + 1, 3 * CARD_BYTES]) {
      for (const at of [2 * CARD_BYTES - 1, 2 * CARD_BYTES, 2 * CARD_BYTES + 1]) {
        const [first, last] = [at, at + length - 1].map((each) => Math.floor(each / CARD_BYTES)) as [number, number];
        const covered = Array.from({ length: last - first + 1 }, (_, i) => first + i);
        expect(marksOf('fill', at, 0, length)).toEqual(expect.arrayContaining(covered));
        expect(marksOf('fill', at, 0, length).length).toBeLessThanOrEqual(covered.length + 1);
      }
    }
  });

  test('bulk writes mark all that they cover', () => {
    expect(marksOf('fill', 2 * CARD_BYTES + 5, 7, 2 * CARD_BYTES)).toEqual([2, 3, 4]);
    expect([...memory.bytes.subarray(2 * CARD_BYTES + 4, 2 * CARD_BYTES + 6)]).toEqual([0, 7]);
    expect(marksOf('fill', 2 * CARD_BYTES + 5, 7, 1)).toEqual([2]);
    expect(marksOf('fill', 3 * CARD_BYTES - 1, 7, 2)).toEqual([2, 3]);
    expect(marksOf('copy', 10 * CARD_BYTES, 2 * CARD_BYTES + 5, CARD_BYTES)).toContain(10);
    expect(memory.bytes[10 * CARD_BYTES]).toBe(7);
  });

  test('a function marks the ends of its frame when it makes it, and each store that is not to it', async () => {
    const store = (local: number, offset: number): number[] => [0x20, local, 0x20, 1, 0x36, 2, ...encodeU32(offset)];
    const make = [0x23, 0, 0x41, ...encodeU32(CARD_BYTES), 0x6b, 0x21, 2];
    const fill = [0, 4, CARD_BYTES - 4].flatMap((offset) => store(2, offset));
    const binary = instrument(
      moduleOf({
        setStackPointer: [0x20, 0, 0x24, 0],
        within: [...make, ...fill, ...store(0, 0)],
        beyond: [...make, ...fill, ...store(2, 2 * CARD_BYTES)],
        moved: [...make, ...fill, 0x20, 0, 0x21, 2, ...store(2, 0)],
      }),
    );
    const own = new WebAssembly.Memory({ initial: 100 });
    const functions = await instantiate<Record<string, Write>>(await WebAssembly.compile(binary), own);
    const { marks } = createCardMemory(own.buffer as ArrayBuffer); // not shared
    functions['setStackPointer']!(COPIES_END + CARD_BYTES + 8, 0, 0); // frames reach into two cards
    const marksOf = (name: string): number[] => {
      marks.fill(0);
      functions[name]!(5 * CARD_BYTES, 7, 0);
      return [...marks.keys()].filter((card) => marks[card] === 1);
    };
    const first = COPIES_END / CARD_BYTES;
    expect(marksOf('within')).toEqual([5, first, first + 1]);
    expect(marksOf('beyond')).toEqual([first, first + 1, first + 2]);
    expect(marksOf('moved')).toEqual([5, first, first + 1]);
    expect(new Uint32Array(own.buffer)[(COPIES_END + 8) / 4]).toBe(7);
    functions['setStackPointer']!(COPIES_END + CARD_BYTES - 8, 0, 0);
    expect(() => marksOf('within')).toThrow('unreachable'); // it would reach into the copies
  });

  test('no write to the table goes unnoticed', () => {
    const table = memory.marks.byteOffset;
    for (const name of Object.keys(BODIES)) {
      expect(isTampered(memory)).toBe(false);
      for (let at = table - 8; at < table + memory.marks.length; at += 8) {
        memory.marks.fill(0);
        writes[name]!(at - (name.endsWith('far') ? OFFSET : 0), 0, 8);
        const isInside = at + (name === 'fill' || name === 'copy' ? 8 : 0) >= table;
        expect([name, at, isTampered(memory)]).toEqual([name, at, isInside]);
      }
      memory.marks.fill(0);
    }
  });

  test('the stock engine is not tracked, and can be', async () => {
    const stock = await readFile(createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm'));
    expect(isTracked(await WebAssembly.compile(stock))).toBe(false);
    const built = await readFile(createRequire(import.meta.url).resolve('@sandglass/worker/engine.wasm'));
    expect(isTracked(await WebAssembly.compile(built))).toBe(true);
    // the same bytes again, in another process
    expect(built.equals(await buildEngine(stock))).toBe(true);
  }, 120_000);

  test('an instruction that it does not know is refused', () => {
    const atomic = moduleOf({ f: [0xfe, 0x03, 0x00] });
    expect(() => instrument(atomic)).toThrow('unknown instruction 0xfe');
  });
});
