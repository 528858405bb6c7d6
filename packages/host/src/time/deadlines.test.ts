import { describe, expect, test } from 'vitest';

import { Deadlines } from './deadlines.js';

const timed = (wallTimeMs: number): { wallTimeMs: number; deadlineMs: number } => ({ wallTimeMs, deadlineMs: 0 });

describe('Deadlines', () => {
  test('items expire at their own limits, whatever the order they came in', () => {
    const deadlines = new Deadlines<ReturnType<typeof timed>>();
    const [long, short, later] = [timed(100), timed(10), timed(10)];
    deadlines.add(long, 0);
    deadlines.add(short, 0);
    deadlines.add(later, 50);
    expect(deadlines.expired(9)).toEqual([]);
    expect(deadlines.expired(10)).toEqual([short]);
    deadlines.delete(short);
    expect(deadlines.expired(99)).toEqual([later]);
    expect(new Set(deadlines.expired(100))).toEqual(new Set([long, later]));
  });

  test('an item that was deleted neither expires nor counts', () => {
    const deadlines = new Deadlines<ReturnType<typeof timed>>();
    const item = timed(10);
    deadlines.add(item, 0);
    deadlines.delete(item);
    deadlines.delete(item);
    expect(deadlines.size).toBe(0);
    expect(deadlines.expired(1_000)).toEqual([]);
  });
});
