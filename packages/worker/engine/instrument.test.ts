import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';

import { beforeAll, describe, expect, test } from 'vitest';

import { CARD_BYTES, createCardMemory, isTampered, isTracked, type CardMemory } from '../src/quickjs/memory/cards.js';
import { BinaryWriter } from './wasm-binary.js';
import { FUEL } from './loop-fuel.js';
import { buildEngine } from './build.js';
import { instrument } from './instrument.js';
import { instantiate, moduleOf, POLL } from './testing/module-of.js';

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
/** Iterates as often as its first argument says, at least once. */
const TURNS = [0x03, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b];
const LOOPS: Record<string, number[]> = {
  short: TURNS,
  switching: TURNS.concat(branchTable(199)),
  dispatch: loopAround(branchTable(200)),
  'beside dispatch': TURNS.concat(loopAround(branchTable(200), 1)),
  'around dispatch': [0x03, 0x40, ...loopAround(branchTable(200), 1), ...TURNS.slice(2)],
};
/**
 * A loop that does so between its iterations, which are as many as its first argument says, or so
 * many.
 */
function loopAround(body: number[], iterations?: number): number[] {
  const set = iterations === undefined ? [] : [0x41, iterations, 0x21, 2];
  const count = iterations === undefined ? 0 : 2;
  return [...set, 0x03, 0x40, ...body, 0x20, count, 0x41, 1, 0x6b, 0x22, count, 0x0d, 0, 0x0b];
}

/** A block that a br_table leaves in each of its cases. */
function branchTable(cases: number): number[] {
  const out = new BinaryWriter(512);
  out.raw(0x02, 0x40, 0x20, 1, 0x0e);
  out.u32(cases);
  for (let i = 0; i <= cases; i++) out.byte(0);
  out.byte(0x0b);
  return [...out.done()];
}
for (const [name, op, push, width] of STORES) {
  BODIES[name] = [0x20, 0, ...push, op, Math.log2(width), 0];
  BODIES[`${name} far`] = [0x20, 0, ...push, op, Math.log2(width), 0x80, 0x28]; // offset 5120
  BODIES[`${name} unaligned`] = [0x20, 0, ...push, op, 0, 0];
}

let writes: Record<string, Write>;
let memory: CardMemory;

async function iterate(name: string, iterations: number, poll: (argument: number) => number): Promise<void> {
  const module = await WebAssembly.compile(instrument(moduleOf(LOOPS), POLL));
  const memory = new WebAssembly.Memory({ initial: 1 }); // less than the binary asks for
  const { exports } = await WebAssembly.instantiate(module, { a: { b: memory, c: poll } });
  (exports[name] as Write)(iterations, 0, 0); // a function of three numbers
}

/** The cards that a write marks. */
function marksOf(name: string, at: number, value = 1, length = 0): number[] {
  memory.marks.fill(0);
  writes[name]!(at, value, length);
  return [...memory.marks.keys()].filter((card) => memory.marks[card] === 1);
}

describe('instrument', () => {
  beforeAll(async () => {
    const buffer = new WebAssembly.Memory({ initial: 16 });
    const module = await WebAssembly.compile(instrument(moduleOf(BODIES), POLL));
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

  test('bulk writes mark all that they cover', () => {
    expect(marksOf('fill', 2 * CARD_BYTES + 5, 7, 2 * CARD_BYTES)).toEqual([2, 3, 4]);
    expect([...memory.bytes.subarray(2 * CARD_BYTES + 4, 2 * CARD_BYTES + 6)]).toEqual([0, 7]);
    expect(marksOf('fill', 2 * CARD_BYTES + 5, 7, 1)).toEqual([2]);
    expect(marksOf('fill', 3 * CARD_BYTES - 1, 7, 2)).toEqual([2, 3]);
    expect(marksOf('copy', 10 * CARD_BYTES, 2 * CARD_BYTES + 5, CARD_BYTES)).toContain(10);
    expect(memory.bytes[10 * CARD_BYTES]).toBe(7);
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

  test.each(['short', 'switching', 'beside dispatch', 'around dispatch'])(
    'a loop (%s) asks with 0, once for every so many iterations',
    async (name) => {
      for (const [iterations, times] of [
        [FUEL - 1, 0],
        [FUEL, 1],
        [3 * FUEL + 5, 3],
      ] as const) {
        const asked: number[] = [];
        await iterate(name, iterations, (argument) => asked.push(argument));
        expect(asked).toEqual(Array.from({ length: times }, () => 0));
      }
    },
  );

  test('what is thrown there ends the loop', async () => {
    const endless = iterate('short', 0, () => {
      throw new Error('enough');
    });
    await expect(endless).rejects.toThrow('enough');
  });

  test('the loop that dispatches bytecode is left alone', async () => {
    let asked = 0;
    await iterate('dispatch', 3 * FUEL, () => (asked += 1));
    expect(asked).toBe(0);
  });

  test.each(['fill', 'copy'])('a %s counts by its length', async (name) => {
    const module = await WebAssembly.compile(instrument(moduleOf(BODIES), POLL));
    let asked = 0;
    const imports = { a: { b: new WebAssembly.Memory({ initial: 32 }), c: () => (asked += 1) } };
    // a function of three numbers
    const write = (await WebAssembly.instantiate(module, imports)).exports[name] as Write;
    for (let i = 0; i < 64; i++) write(1 << 20, 0, 1 << 14);
    expect(asked).toBe(1);
  });

  test('a binary without the function to ask is refused', () => {
    const others = [
      { ...POLL, name: 'd' },
      { ...POLL, name: 'b' },
    ];
    for (const poll of others) expect(() => instrument(moduleOf(BODIES), poll)).toThrow('no function to poll');
  });

  test('the stock engine is not tracked, and can be', async () => {
    const stock = await readFile(createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm'));
    expect(isTracked(await WebAssembly.compile(stock))).toBe(false);
    const built = await readFile(createRequire(import.meta.url).resolve('@sandglass/worker/engine.wasm'));
    expect(isTracked(await WebAssembly.compile(built))).toBe(true);
    // the same bytes again, in another process
    expect(built.equals(await buildEngine(stock))).toBe(true);
  });

  test('an instruction that it does not know is refused', () => {
    const atomic = moduleOf({ f: [0xfe, 0x03, 0x00] });
    expect(() => instrument(atomic, POLL)).toThrow('unknown instruction 0xfe');
  });
});
