import { beforeEach, describe, expect, test, vi } from 'vitest';

import { CoreYield } from './core-yield.js';

const wait = vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out');

let unread: Int32Array;
let coreYield: CoreYield;

describe('CoreYield', () => {
  beforeEach(() => {
    wait.mockClear();
    unread = new Int32Array(new SharedArrayBuffer(12));
    coreYield = new CoreYield(unread);
  });

  test('a long slice steps aside for whoever waits, for a moment', () => {
    unread[2] = 1;
    coreYield.offer(performance.now(), 6);
    expect(wait).toHaveBeenCalledOnce();
    expect(wait.mock.lastCall?.[3]).toBeLessThan(0.1);
  });

  test('not when nobody waits, nor in a short slice', () => {
    coreYield.offer(performance.now(), 6);
    unread[0] = 1;
    coreYield.offer(performance.now() + 10, 0.9);
    expect(wait).not.toHaveBeenCalled();
  });

  test('a slot below zero counts nobody', () => {
    unread.set([-1, 0, -3]);
    coreYield.offer(performance.now(), 6);
    expect(wait).not.toHaveBeenCalled();
  });

  test('once in 0.12 ms at the most', () => {
    unread[0] = 1;
    const nowMs = performance.now();
    for (let i = 0; i < 10; i++) coreYield.offer(nowMs, 6);
    expect(wait).toHaveBeenCalledOnce();
    coreYield.offer(performance.now() + 0.4, 6);
    expect(wait).toHaveBeenCalledTimes(2);
  });
});
