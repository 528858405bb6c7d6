import { expect, test } from 'vitest';

import { CARD_BYTES, CardImage, createCardMemory, lowestMarked, markWritten, PAGE_BYTES } from './cards.js';

const SIZE = 1 << 20;

function open(): ReturnType<typeof createCardMemory> {
  return createCardMemory(new ArrayBuffer(SIZE));
}

test('puts back what is marked and nothing else', () => {
  const memory = open();
  const image = Uint8Array.from({ length: 3 * PAGE_BYTES }, (_, i) => i % 251);
  const from = 2 * PAGE_BYTES;
  memory.bytes.fill(255, from, from + 5 * PAGE_BYTES);
  const marked = [from + 10, from + CARD_BYTES, from + 7 * CARD_BYTES, from + 16 * CARD_BYTES]; // the last is beyond the image
  for (const at of marked) markWritten(memory, at, 1);
  new CardImage(from, from + 5 * PAGE_BYTES, image).putBack(memory);
  const expected = Uint8Array.from({ length: 5 * PAGE_BYTES }, (_, at) =>
    [0, 1, 7, 16].includes(Math.floor(at / CARD_BYTES)) ? (image[at] ?? 0) : 255,
  );
  expect(memory.bytes.slice(from, from + expected.length)).toEqual(expected);
  expect(memory.marks.every((mark) => mark === 0)).toBe(true);
});

test('leaves marks outside of its range', () => {
  const memory = open();
  markWritten(memory, 0, 2 * PAGE_BYTES);
  new CardImage(PAGE_BYTES, 2 * PAGE_BYTES).putBack(memory);
  expect(lowestMarked(memory, 0, SIZE)).toBe(0);
  expect(lowestMarked(memory, PAGE_BYTES, SIZE)).toBe(SIZE);
});

test('a write across cards marks each', () => {
  const memory = open();
  markWritten(memory, 5 * CARD_BYTES - 1, CARD_BYTES + 2);
  expect([...memory.marks.keys()].filter((card) => memory.marks[card])).toEqual([4, 5, 6]);
});
