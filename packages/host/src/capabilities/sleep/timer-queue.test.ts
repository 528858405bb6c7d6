import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { TimerQueue } from './timer-queue.js';

describe('TimerQueue', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('fires by due time, those due together in order of arrival, over one timeout', () => {
    const queue = new TimerQueue();
    const fired: string[] = [];
    const delays = Array.from({ length: 1_000 }, (_, index) => (index * 7_919) % 97);
    delays.forEach((delayMs, index) =>
      queue.add(delayMs, () => fired.push(`${String(delayMs).padStart(3, '0')} ${String(index).padStart(4, '0')}`)),
    );
    expect([vi.getTimerCount(), queue.size]).toEqual([1, 1_000]);
    vi.advanceTimersByTime(48);
    const half = fired.length;
    expect(half).toBe(delays.filter((delayMs) => delayMs <= 48).length);
    vi.advanceTimersByTime(100);
    expect(fired).toEqual([...fired].sort());
    expect([fired.length, queue.size, vi.getTimerCount()]).toEqual([1_000, 0, 0]);
  });

  test('cancels in the middle of the queue, and leaves no timeout when the last one goes', () => {
    const queue = new TimerQueue();
    const fired: number[] = [];
    const cancels = Array.from({ length: 100 }, (_, index) =>
      queue.add((index * 37) % 100, () => fired.push((index * 37) % 100)),
    );
    cancels.forEach((cancel, index) => index % 3 === 0 && cancel());
    cancels[0]?.();
    vi.advanceTimersByTime(1_000);
    const left = Array.from({ length: 100 }, (_, index) => index)
      .filter((index) => index % 3 !== 0)
      .map((index) => (index * 37) % 100);
    expect(fired).toEqual(left.sort((a, b) => a - b));
    const only = queue.add(5, () => {});
    only();
    expect([queue.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test('a delay beyond what setTimeout keeps neither fires early nor floods', () => {
    const queue = new TimerQueue();
    const fire = vi.fn<() => void>();
    queue.add(2 ** 31 + 10, fire);
    queue.add(Infinity, fire);
    vi.advanceTimersByTime(2 ** 31 - 1);
    expect(fire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(20);
    expect(fire).toHaveBeenCalledTimes(1);
    queue.close();
    expect([queue.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test('an earlier timer that comes later is served first; one added while firing waits for its time', () => {
    const queue = new TimerQueue();
    const fired: string[] = [];
    queue.add(50, () => fired.push('late'));
    queue.add(10, () => {
      fired.push('early');
      queue.add(0, () => fired.push('next'));
    });
    vi.advanceTimersByTime(49);
    expect(fired).toEqual(['early', 'next']);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(['early', 'next', 'late']);
  });
});
