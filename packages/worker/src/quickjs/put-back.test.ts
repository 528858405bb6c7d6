import { beforeEach, expect, test } from 'vitest';

import {
  CARD_BYTES,
  CardCopies,
  type CardFunctions,
  type CardMemory,
  createCardMemory,
  markAt,
  markWritten,
} from './cards.js';
import { instrument } from './instrument.js';
import { moduleOf, POLL } from './testing/module-of.js';

const module = await WebAssembly.compile(instrument(moduleOf({}), POLL));

let memory: CardMemory;
let functions: CardFunctions;
let copies: CardCopies;

beforeEach(async () => {
  const buffer = new WebAssembly.Memory({ initial: 100 });
  functions = (await WebAssembly.instantiate(module, { a: { b: buffer, c: () => 0 } })).exports as never; // added
  memory = createCardMemory(buffer.buffer as ArrayBuffer); // not shared
  copies = new CardCopies();
});

const card = (n: number): number => n * CARD_BYTES;

test.each([0, 1, 7, 8, 15, 16, 100])('a mark at card %i is seen, from the group that it is in', (n) => {
  markWritten(memory, card(n), 1);
  expect(functions.isMarked(markAt(0), markAt(card(128)))).toBe(1);
  const group = n - (n % 8);
  expect(functions.isMarked(markAt(card(group)), markAt(card(group + 8)))).toBe(1);
  expect(functions.isMarked(markAt(0), markAt(card(group)))).toBe(0);
  expect(functions.isMarked(markAt(card(group + 8)), markAt(card(128)))).toBe(0);
});

test('cards with a copy are put back, and no others', () => {
  for (let n = 0; n < 64; n++) memory.bytes.fill(n + 1, card(n), card(n + 1));
  const copied = [0, 7, 8, 9, 31, 63, 64]; // the last is all zeros
  for (const n of copied) copies.add(memory, card(n));
  const before = memory.bytes.slice(0, card(72));
  const marked = [0, 1, 7, 8, 30, 31, 64];
  memory.bytes.fill(255, 0, card(72));
  for (const n of marked) markWritten(memory, card(n), 1);
  expect(functions.putBack(markAt(0), markAt(card(72)))).toBe(2);
  for (let n = 0; n < 72; n++) {
    const isBack = marked.includes(n) && copied.includes(n);
    const expected = isBack ? before.subarray(card(n), card(n + 1)) : new Uint8Array(CARD_BYTES).fill(255);
    expect(memory.bytes.subarray(card(n), card(n + 1))).toEqual(expected);
    expect(memory.marks[n]).toBe(n === 1 || n === 30 ? 1 : 0);
  }
});

test('marks outside of the range stay', () => {
  for (const n of [0, 8, 16]) {
    copies.add(memory, card(n));
    markWritten(memory, card(n), 1);
  }
  expect(functions.putBack(markAt(card(8)), markAt(card(16)))).toBe(0);
  expect([0, 8, 16].map((n) => memory.marks[n])).toEqual([1, 0, 1]);
});
