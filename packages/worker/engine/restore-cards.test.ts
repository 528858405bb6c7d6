import { beforeEach, describe, expect, test } from 'vitest';

import {
  CARD_BYTES,
  CARD_TABLE,
  CardCopies,
  type CardFunctions,
  type CardMemory,
  COPIES,
  COPIES_END,
  COPY_INDEX,
  createCardMemory,
  GROUP_MARKS,
  indexAt,
  markAt,
  markWritten,
  RESTORED_LIST,
} from '../src/quickjs/memory/cards.js';
import { instrument } from './instrument.js';
import { instantiate, moduleOf } from './testing/module-of.js';

const module = await WebAssembly.compile(instrument(moduleOf({})));
const USED_TO = COPIES_END + 96 * CARD_BYTES;

let memory: CardMemory;
let functions: CardFunctions;
let copies: CardCopies;

function restoreCards(): number {
  const tableEnd = markAt(CARD_TABLE + memory.marks.length);
  return functions.restoreCards(tableEnd, markAt(indexAt(USED_TO)), markAt(copies.end), markAt(USED_TO));
}

describe('restoreCards', () => {
  beforeEach(async () => {
    const buffer = new WebAssembly.Memory({ initial: 100 });
    functions = await instantiate(module, buffer);
    memory = createCardMemory(buffer.buffer as ArrayBuffer); // not shared
    copies = new CardCopies();
  });

  test.each([
    ['static data', 0],
    ['the stack and the heap', COPIES_END],
  ])('in %s, cards with a copy are restored, and no others', (_where, from) => {
    const at = (card: number): number => from + card * CARD_BYTES;
    for (let n = 0; n < 64; n++) memory.bytes.fill(n + 1, at(n), at(n + 1));
    const copied = [0, 7, 8, 9, 31, 63, 64]; // the last is all zeros
    for (const n of copied) copies.add(memory, at(n));
    const before = memory.bytes.slice(from, at(72));
    const marked = [0, 1, 7, 8, 30, 31, 64];
    memory.bytes.fill(255, from, at(72));
    for (const n of marked) markWritten(memory, at(n), 1);
    expect(restoreCards()).toBe(2);
    for (let n = 0; n < 72; n++) {
      const isBack = marked.includes(n) && copied.includes(n);
      const expected = isBack
        ? before.subarray(n * CARD_BYTES, (n + 1) * CARD_BYTES)
        : new Uint8Array(CARD_BYTES).fill(255);
      expect(memory.bytes.subarray(at(n), at(n + 1))).toEqual(expected);
      expect(memory.marks[at(n) / CARD_BYTES]).toBe(n === 1 || n === 30 ? 1 : 0);
    }
  });

  test('what was restored last is listed with its copy, as far as there is room', () => {
    const at = (card: number): number => COPIES_END + card * CARD_BYTES;
    const list = (): number[] => {
      const end = new DataView(memory.bytes.buffer).getUint32(RESTORED_LIST, true);
      return [...new Uint16Array(memory.bytes.buffer, RESTORED_LIST + 4, (end - RESTORED_LIST - 4) / 2)];
    };
    memory.bytes[at(1)] = 1;
    for (let n = 0; n < 80; n++) copies.add(memory, at(n));
    for (const n of [1, 5]) markWritten(memory, at(n), 1);
    restoreCards();
    const first = COPIES / CARD_BYTES;
    expect(list()).toEqual([at(1) / CARD_BYTES, first + 1, at(5) / CARD_BYTES, first]);
    markWritten(memory, at(0), 80 * CARD_BYTES);
    restoreCards();
    expect(list().length).toBe(2 * 63);
    expect(memory.bytes[COPIES]).toBe(0); // behind the list
    restoreCards();
    expect(list()).toEqual([]);
  });

  test('marks above the part in use stay', () => {
    const above = USED_TO;
    copies.add(memory, above);
    markWritten(memory, above, 1);
    expect(restoreCards()).toBe(0);
    expect(memory.marks[above / CARD_BYTES]).toBe(1);
  });

  test.each([
    ['the table', CARD_TABLE, true],
    ['the last mark', CARD_TABLE + (6 * 2 ** 20) / CARD_BYTES, true],
    ['the index', COPY_INDEX, true],
    ['the last of the index that is in use', indexAt(USED_TO) - 1, true],
    ['the index beyond that', indexAt(USED_TO) + GROUP_MARKS * CARD_BYTES, false],
    ['the list', RESTORED_LIST, true],
    ['the first copy', COPIES, true],
    ['where no copy is yet', COPIES + 2 * GROUP_MARKS * CARD_BYTES, false],
    ['what is below the table', CARD_TABLE - 1, false],
    ['what is above the copies', COPIES_END, false],
  ])('a write to %s is seen: %s', (_where, at, isSeen) => {
    for (const each of [at, CARD_BYTES]) {
      copies.add(memory, each); // even if the card has a copy, forged as it may be
      markWritten(memory, each, 1);
    }
    memory.bytes[CARD_BYTES] = 7;
    expect(restoreCards()).toBe(isSeen ? -1 : 0);
    expect(memory.bytes[CARD_BYTES]).toBe(isSeen ? 7 : 0);
  });
});
