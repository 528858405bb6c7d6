import { describe, expect, test } from 'vitest';

import { countLoops } from './count-loops.js';
import { FUEL } from './loop-fuel.js';
import { moduleOf, POLL } from './testing/module-of.js';
import { BinaryWriter } from './wasm-binary.js';

type Run = (a: number, b: number, c: number) => void;

/** Instructions of functions `(i32, i32, i32) → ()`: destination, source or byte, length. */
const BULK_WRITES: Record<string, number[]> = {
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

async function iterate(name: string, iterations: number, poll: (argument: number) => number): Promise<void> {
  const module = await WebAssembly.compile(countLoops(moduleOf(LOOPS), POLL));
  const memory = new WebAssembly.Memory({ initial: 16 });
  const { exports } = await WebAssembly.instantiate(module, { a: { b: memory, c: poll } });
  (exports[name] as Run)(iterations, 0, 0); // a function of three numbers
}

describe('countLoops', () => {
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
    const module = await WebAssembly.compile(countLoops(moduleOf(BULK_WRITES), POLL));
    let asked = 0;
    const imports = { a: { b: new WebAssembly.Memory({ initial: 32 }), c: () => (asked += 1) } };
    // a function of three numbers
    const write = (await WebAssembly.instantiate(module, imports)).exports[name] as Run;
    for (let i = 0; i < 64; i++) write(1 << 20, 0, 1 << 14);
    expect(asked).toBe(1);
  });

  test('a binary without the function to ask is refused', () => {
    const others = [
      { ...POLL, name: 'd' },
      { ...POLL, name: 'b' },
    ];
    for (const poll of others) expect(() => countLoops(moduleOf(LOOPS), poll)).toThrow('no function to poll');
  });

  test('an instruction that it does not know is refused', () => {
    expect(() => countLoops(moduleOf({ f: [0xfe, 0x03, 0x00] }), POLL)).toThrow('unknown instruction 0xfe');
  });
});
