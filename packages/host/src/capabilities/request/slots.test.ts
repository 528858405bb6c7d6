import { describe, expect, test } from 'vitest';

import { RequestSlots } from './slots.js';

/** Takes slots as long as there are any. */
function takeAll(slots: RequestSlots, extension: string): number {
  let count = 0;
  while (slots.take(extension)) count++;
  return count;
}

describe('RequestSlots', () => {
  test('one extension alone gets half, the next ones find slots', () => {
    const slots = new RequestSlots(256);
    expect([takeAll(slots, 'a'), takeAll(slots, 'b'), takeAll(slots, 'c')]).toEqual([128, 64, 32]);
  });

  test('a slot that is free goes to the extensions round robin, in the order of each', () => {
    const slots = new RequestSlots(4);
    const served: string[] = [];
    const wait = (extension: string, name: string): (() => void) =>
      slots.wait(extension, () => void served.push(extension + name));
    expect(takeAll(slots, 'a')).toBe(2);
    expect(takeAll(slots, 'b')).toBe(1);
    wait('a', '1');
    wait('a', '2');
    const leave = wait('b', '1');
    wait('b', '2');
    leave();
    for (const extension of ['a', 'b', 'a', 'b', 'a']) slots.release(extension);
    expect(served).toEqual(['a1', 'b2', 'a2']);
  });

  test('an extension that waits for nothing any more is not served', () => {
    const slots = new RequestSlots(2);
    expect(slots.take('a')).toBe(true);
    slots.wait('a', () => expect.unreachable())();
    slots.release('a');
    expect(slots.take('a')).toBe(true);
  });
});
