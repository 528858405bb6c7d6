import { describe, expect, test, vi } from 'vitest';

import { CallEnd } from './call-end.js';

describe('CallEnd', () => {
  test('runs each callback once', () => {
    const ending = new CallEnd();
    const callback = vi.fn<() => void>();
    for (let index = 0; index < 1_000; index++) ending.on(callback);
    expect(callback).not.toHaveBeenCalled();
    ending.fire();
    ending.fire();
    expect(callback).toHaveBeenCalledTimes(1_000);
  });

  test('a callback taken back does not run, the same one added twice stays once', () => {
    const ending = new CallEnd();
    const callback = vi.fn<() => void>();
    const takeBack = ending.on(callback);
    ending.on(callback);
    takeBack();
    ending.fire();
    takeBack();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test('runs at once what comes after the end', () => {
    const ending = new CallEnd();
    ending.fire();
    const callback = vi.fn<() => void>();
    ending.on(callback)();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test('its signal fires at the end, whether it was asked for before or after', () => {
    const ending = new CallEnd();
    const { signal } = ending;
    const listener = vi.fn<() => void>();
    signal.addEventListener('abort', listener);
    expect(signal.aborted).toBe(false);
    ending.fire();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(signal.reason).toMatchObject({ name: 'AbortError' });
    const late = new CallEnd();
    late.fire();
    expect(late.signal.aborted).toBe(true);
  });
});
