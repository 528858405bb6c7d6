import { describe, expect, test } from 'vitest';

import {
  CARD_BYTES,
  CARD_TABLE,
  CardCopies,
  COPIES_END,
  COPY_INDEX,
  createCardMemory,
  INDEXED_BYTES,
  isTampered,
  lowestDirtyCard,
  markWritten,
  takeDirtyCards,
} from './cards.js';

const SIZE = 1 << 20;

function open(size = SIZE): ReturnType<typeof createCardMemory> {
  return createCardMemory(new ArrayBuffer(size));
}

describe('cards', () => {
  test('a write across cards marks each', () => {
    const memory = open();
    markWritten(memory, 5 * CARD_BYTES - 1, CARD_BYTES + 2);
    expect([...memory.marks.keys()].filter((card) => memory.marks[card])).toEqual([4, 5, 6]);
  });

  test('marks are taken away as runs, and only those of the range', () => {
    const memory = open();
    for (const card of [0, 3, 4, 5, 11, 12, 16]) markWritten(memory, card * CARD_BYTES + 7, 1);
    expect(takeDirtyCards(memory, 4 * CARD_BYTES, 16 * CARD_BYTES)).toEqual([
      { at: 4 * CARD_BYTES, length: 2 * CARD_BYTES },
      { at: 11 * CARD_BYTES, length: 2 * CARD_BYTES },
    ]);
    expect([...memory.marks.keys()].filter((card) => memory.marks[card])).toEqual([0, 3, 16]);
  });

  test('the lowest mark is found, to a card', () => {
    const memory = open();
    markWritten(memory, 9 * CARD_BYTES + 1, 1);
    expect(lowestDirtyCard(memory, 0, SIZE)).toBe(9 * CARD_BYTES);
    expect(lowestDirtyCard(memory, 10 * CARD_BYTES, SIZE)).toBe(SIZE);
  });

  test.each([
    ['the table', CARD_TABLE],
    ['the index', COPY_INDEX],
    ['the last copy', COPIES_END - 1],
  ])('a write to %s is seen', (_where, at) => {
    const memory = open(6 << 20);
    markWritten(memory, CARD_TABLE - 1, 1);
    markWritten(memory, COPIES_END, 1);
    expect(isTampered(memory)).toBe(false);
    markWritten(memory, at, 1);
    expect(isTampered(memory)).toBe(true);
  });

  test('copies are made while there is room, zeros take none, and all can be taken out', () => {
    const memory = open(6 << 20);
    const copies = new CardCopies();
    const indexed = (card: number): number => new Uint16Array(memory.bytes.buffer, COPY_INDEX)[card]!;
    memory.bytes.fill(9, 0, 600 * CARD_BYTES);
    for (let card = 0; card < 600; card++) copies.add(memory, card * CARD_BYTES);
    copies.add(memory, 700 * CARD_BYTES);
    const made = Array.from({ length: 600 }, (_, card) => indexed(card)).filter((copy) => copy !== 0);
    expect(made.length).toBe(510);
    expect(new Set(made).size).toBe(510);
    for (const copy of [...made]) expect(memory.bytes[copy * CARD_BYTES + 255]).toBe(9);
    expect(memory.bytes[indexed(700) * CARD_BYTES]).toBe(0);
    copies.clear(memory);
    expect(memory.bytes.subarray(600 * CARD_BYTES).every((byte) => byte === 0)).toBe(true);
    copies.add(memory, 0);
    expect(indexed(0)).toBe(made[0]);
  });

  test('a card beyond the index has no copy', () => {
    const memory = open(INDEXED_BYTES + CARD_BYTES);
    new CardCopies().add(memory, INDEXED_BYTES);
    expect(memory.bytes.subarray(COPY_INDEX, COPIES_END).every((byte) => byte === 0)).toBe(true);
  });
});
