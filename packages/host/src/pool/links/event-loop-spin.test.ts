import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { EventLoopSpin } from './event-loop-spin.js';

let spin: EventLoopSpin;
let nowMs = 0;

/** One turn of the event loop, so much later. */
function turn(afterMs: number): void {
  nowMs += afterMs;
  vi.advanceTimersToNextTimer();
}

describe('EventLoopSpin', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setImmediate'] });
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    spin = new EventLoopSpin();
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  test('the event loop turns until the answer is there', () => {
    spin.begin();
    for (let i = 0; i < 5; i++) {
      turn(0.01);
      expect(vi.getTimerCount()).toBe(1);
    }
    spin.end();
    turn(0.01);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('an answer that takes its time is not waited for', () => {
    spin.begin();
    turn(0.05);
    turn(0.06);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('the next spin goes on where the last one has just ended', () => {
    spin.begin();
    spin.end();
    spin.begin();
    expect(vi.getTimerCount()).toBe(1);
    turn(0.01);
    expect(vi.getTimerCount()).toBe(1);
  });

  test('after spins in vain there is none for a while', () => {
    for (let i = 0; i < 4; i++) {
      spin.begin();
      turn(1);
    }
    spin.begin();
    expect(vi.getTimerCount()).toBe(0);
  });
});
