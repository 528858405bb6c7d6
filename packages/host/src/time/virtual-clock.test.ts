import { describe, expect, test } from 'vitest';

import { VirtualClock } from './virtual-clock.js';

describe('VirtualClock', () => {
  test.each([
    [[5, 10], 15, 'small steps count in full'],
    [[1_000], 20, 'a pause counts as one step'],
    [[3_600_000, 10], 30, 'after a pause it goes on'],
    [[-50, 10], 10, 'a source that goes back does not'],
  ])('after real steps of %j ms, %i ms have passed (%s)', (steps, expected) => {
    let realMs = 1_000;
    const clock = new VirtualClock(20, () => realMs);
    for (const stepMs of steps) {
      realMs += stepMs;
      clock.tick();
    }
    expect(clock.nowMs()).toBe(expected);
  });

  test('between ticks the time goes on, but not beyond one step', () => {
    let realMs = 0;
    const clock = new VirtualClock(20, () => realMs);
    realMs = 5;
    expect(clock.nowMs()).toBe(5);
    realMs = 500;
    expect(clock.nowMs()).toBe(20);
    clock.tick();
    expect(clock.nowMs()).toBe(20);
  });
});
