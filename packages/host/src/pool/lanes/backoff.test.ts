import { describe, expect, test } from 'vitest';

import { Backoff } from './backoff.js';

/** Fails so often, each time as soon as the pause allows it. Returns when the last one failed. */
function failInARow(backoff: Backoff, times: number): number {
  let nowMs = 0;
  for (let i = 0; i < times; i++) {
    nowMs += backoff.delayMs(nowMs);
    backoff.failed(nowMs, nowMs);
  }
  return nowMs;
}

describe('Backoff', () => {
  test('the pause doubles with each failure in a row, up to a bound, and a success ends it', () => {
    const backoff = new Backoff();
    const pauses = Array.from({ length: 10 }, () => {
      backoff.failed(0, 0);
      return backoff.delayMs(0);
    });
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
    expect(backoff.isHopeless(0)).toBe(true);
    backoff.succeeded(0);
    expect([backoff.isHopeless(0), backoff.delayMs(0)]).toEqual([false, 0]);
  });

  test('five failures in a row are no reason to give up, a sixth is', () => {
    const backoff = new Backoff();
    const nowMs = failInARow(backoff, 5);
    expect(backoff.isHopeless(nowMs)).toBe(false);
    const nextMs = nowMs + backoff.delayMs(nowMs);
    backoff.failed(nextMs, nextMs);
    expect(backoff.isHopeless(nextMs)).toBe(true);
  });

  test('what fails together counts once', () => {
    const backoff = new Backoff();
    for (let i = 0; i < 8; i++) backoff.failed(100 + i, 0);
    expect([backoff.failures, backoff.delayMs(100)]).toEqual([1, 50]);
    backoff.failed(300, 150);
    expect(backoff.failures).toBe(2);
  });

  test('after the pause there is hope again, for one attempt', () => {
    const backoff = new Backoff();
    const nowMs = failInARow(backoff, 6);
    const laterMs = nowMs + backoff.delayMs(nowMs);
    expect(backoff.isHopeless(laterMs)).toBe(false);
    backoff.failed(laterMs + 20, laterMs);
    expect(backoff.isHopeless(laterMs + 20)).toBe(true);
  });

  test('while an engine worked not long ago, pauses stay short and nothing is hopeless', () => {
    const backoff = new Backoff();
    backoff.succeeded(0);
    const nowMs = failInARow(backoff, 20);
    expect(backoff.delayMs(nowMs)).toBe(400);
    expect(backoff.isHopeless(nowMs)).toBe(false);
    const laterMs = 30_000;
    expect(backoff.isHopeless(laterMs)).toBe(false); // the pause is over
    backoff.failed(laterMs, laterMs);
    expect(backoff.isHopeless(laterMs)).toBe(true);
  });
});
