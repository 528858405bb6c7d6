import { expect, test, vi } from 'vitest';

import { onAbort } from './abort.js';

test('serves any number of callbacks with one listener, and runs each once', () => {
  const controller = new AbortController();
  const add = vi.spyOn(controller.signal, 'addEventListener');
  const callback = vi.fn<() => void>();
  for (let index = 0; index < 1_000; index++) onAbort(controller.signal, callback);
  expect(add).toHaveBeenCalledTimes(1);
  controller.abort();
  controller.abort();
  expect(callback).toHaveBeenCalledTimes(1_000);
});

test('a callback taken back does not run, the same one added twice stays once', () => {
  const controller = new AbortController();
  const callback = vi.fn<() => void>();
  const takeBack = onAbort(controller.signal, callback);
  onAbort(controller.signal, callback);
  takeBack();
  controller.abort();
  expect(callback).toHaveBeenCalledTimes(1);
});

test('runs at once for a signal that has fired', () => {
  const callback = vi.fn<() => void>();
  onAbort(AbortSignal.abort(), callback);
  expect(callback).toHaveBeenCalledTimes(1);
});
