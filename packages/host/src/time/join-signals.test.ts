import { getEventListeners } from 'node:events';

import { describe, expect, test } from 'vitest';

import { joinSignals } from './join-signals.js';

describe('joinSignals', () => {
  test.each([0, 1])('fires with either, with its reason: %d', (which) => {
    const controllers = [new AbortController(), new AbortController()] as const;
    using joined = joinSignals(controllers[0].signal, controllers[1].signal);
    const { signal } = joined;
    expect(signal.aborted).toBe(false);
    controllers[which]!.abort('gone');
    expect(signal).toMatchObject({ aborted: true, reason: 'gone' });
  });

  test.each([0, 1])('has fired if either has: %d', (which) => {
    const signals = [new AbortController().signal, new AbortController().signal] as const;
    const { signal } = joinSignals(...(signals.with(which, AbortSignal.abort('before')) as [AbortSignal, AbortSignal]));
    expect(signal).toMatchObject({ aborted: true, reason: 'before' });
  });

  test('leaves nothing behind in either', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const joined = joinSignals(one.signal, other.signal);
    expect(getEventListeners(other.signal, 'abort')).toHaveLength(1);
    joined[Symbol.dispose]();
    expect([one, other].flatMap(({ signal }) => getEventListeners(signal, 'abort'))).toEqual([]);
    one.abort();
    expect(joined.signal.aborted).toBe(false);
  });
});
