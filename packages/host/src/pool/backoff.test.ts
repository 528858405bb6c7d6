import { expect, test } from 'vitest';

import { Backoff } from './backoff.js';

test('the pause doubles with each failure in a row, up to a bound, and a success ends it', () => {
  const backoff = new Backoff();
  const pauses = Array.from({ length: 10 }, () => {
    backoff.failed(0);
    return backoff.delayMs(0);
  });
  expect(pauses).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  expect(backoff.isHopeless).toBe(true);
  backoff.succeeded();
  expect([backoff.isHopeless, backoff.delayMs(0)]).toEqual([false, 0]);
});

test('three failures in a row are no reason to give up', () => {
  const backoff = new Backoff();
  for (let i = 0; i < 3; i++) backoff.failed(0);
  expect(backoff.isHopeless).toBe(false);
});
