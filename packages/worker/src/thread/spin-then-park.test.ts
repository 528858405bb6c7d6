import { SLOT } from '@sandglass/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { SpinThenPark } from './spin-then-park.js';

let slots: Int32Array;
let spin: SpinThenPark;
let nowMs = 0;

/**
 * How long a wait took, on the clock of the test: it goes on by 0.01 ms whenever it is looked at.
 */
function wait(posted: number): number {
  const startedMs = nowMs;
  spin.wait(posted);
  return nowMs - startedMs;
}

describe('SpinThenPark', () => {
  beforeEach(() => {
    slots = new Int32Array(new SharedArrayBuffer(SLOT.length * 4));
    spin = new SpinThenPark(slots);
    vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 0.01));
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('something posted ends the wait at once', () => {
    slots[SLOT.posted] = 1;
    expect(wait(0)).toBeCloseTo(0.01); // one look
  });

  test('nothing posted ends it after a moment', () => {
    expect(wait(0)).toBeGreaterThan(0.04);
  });

  test('who waits in vain four times does not wait for the next fifty calls, and then once', () => {
    for (let i = 0; i < 4; i++) expect(wait(0)).toBeGreaterThan(0);
    for (let i = 0; i < 50; i++) expect(wait(0)).toBe(0);
    expect(wait(0)).toBeGreaterThan(0);
    expect(wait(0)).toBe(0);
  });

  test('a wait that was not in vain begins the count anew', () => {
    for (let i = 0; i < 3; i++) wait(0);
    wait(-1);
    for (let i = 0; i < 4; i++) expect(wait(0)).toBeGreaterThan(0);
    expect(wait(0)).toBe(0);
  });
});
