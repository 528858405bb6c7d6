import { SandglassError, type Registration } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import type { AuditEntry, CallEntry } from '../../types.js';
import { Watch } from './watch.js';

const registration: Registration = { type: 'route', method: 'GET', path: '/', handler: 0 };

function call(parts: Partial<CallEntry> = {}): CallEntry {
  return { extension: 'a', callId: 1, registration, outcome: 'ok', durationMs: 1, ...parts };
}

function audit(parts: Partial<AuditEntry> = {}): AuditEntry {
  const entry = { extension: 'a', callId: 1, capability: 'sleep', target: '', bytes: 0, durationMs: 1 };
  return { ...entry, decision: 'allowed', ...parts };
}

function thrown(message: string, stack = '    at f (src/index.ts:1:2)'): SandglassError {
  const cause = Object.defineProperty(new Error(message), 'stack', { value: stack });
  return new SandglassError('E_GUEST', message, { cause, extension: 'a', callId: 1 });
}

const listsOf = (watch: Watch, name = 'a') => watch.textsOf(name)!.lists;

describe('what the status page has watched', () => {
  test('keeps a denied capability call however many are allowed after it', () => {
    const watch = new Watch();
    const denied = audit({ capability: 'request', target: 'https://b.test/', decision: 'denied', reason: 'No' });
    watch.addAudit(denied);
    for (let i = 0; i < 1_000; i++)
      watch.addAudit(audit({ capability: 'request', target: `https://a.test/${'x'.repeat(i)}` }));
    expect(listsOf(watch).denied).toMatchObject([{ ...denied, count: 1 }]);
    expect(listsOf(watch).allowed).toHaveLength(30);
    expect(watch.denied).toMatchObject([denied]);
  });

  test('tells extensions apart whose names differ in numbers only', () => {
    const watch = new Watch();
    for (const extension of ['x-1', 'x-2']) watch.addError(thrown('boom'), { extension });
    for (const extension of ['x-1', 'x-2']) watch.addAudit(audit({ extension, decision: 'denied' }));
    expect(watch.errors.map(({ extension, count }) => [extension, count])).toEqual([
      ['x-2', 1],
      ['x-1', 1],
    ]);
    expect(watch.denied.map(({ extension, count }) => [extension, count])).toEqual([
      ['x-2', 1],
      ['x-1', 1],
    ]);
  });

  test('counts what differs in numbers only as one kind', () => {
    const watch = new Watch();
    for (let i = 0; i < 100; i++) {
      watch.addAudit(audit({ target: `https://a.test/${i}` }));
      watch.addError(thrown(`No item ${i}`), { extension: 'a', method: 'GET', route: '/:id', requestId: `r${i}` });
    }
    watch.addError(thrown('No item 1', '    at g (src/other.ts:1:2)'), { extension: 'a' });
    const { allowed, errors } = listsOf(watch);
    expect(allowed).toMatchObject([{ target: 'https://a.test/99', count: 100 }]);
    expect(errors).toMatchObject([
      { count: 1, stack: '    at g (src/other.ts:1:2)' },
      { count: 100, message: 'No item 99', where: 'GET /:id', requestId: 'r99', callId: 1 },
    ]);
  });

  test('has the error of a call once, whoever else tells it, and none of a caller that gave up', () => {
    const watch = new Watch();
    const registration = { type: 'operation', id: 'x', handler: 0 } as const;
    const error = thrown('boom');
    watch.addCall(call({ registration, outcome: 'E_GUEST', error, requestId: 'r1' }));
    watch.addError(new Error('An action failed', { cause: error }), { extension: 'a', event: 'items.create' });
    watch.addCall(call({ outcome: 'E_ABORTED', error: new SandglassError('E_ABORTED', 'The caller aborted') }));
    const expected = [{ message: 'boom', stack: '    at f (src/index.ts:1:2)', where: 'operation x', requestId: 'r1' }];
    expect(listsOf(watch).errors).toMatchObject([{ ...expected[0], count: 1 }]);
    expect(watch.errors).toMatchObject(expected);
  });

  test('records what a call did that failed, and the slowest', () => {
    const watch = new Watch();
    watch.addAudit(audit({ capability: 'request', target: 'https://b.test/', decision: 'denied' }));
    watch.addLine({ extension: 'a', callId: 1, level: 'info', message: 'hello' });
    watch.addCall(call({ outcome: 'E_GUEST', error: thrown('boom'), durationMs: 50, cpuTimeMs: 2, heapBytes: 3 }));
    for (let i = 0; i < 20; i++) watch.addCall(call({ callId: 2, durationMs: i }));
    const { failures, slowest } = listsOf(watch);
    expect(failures).toMatchObject([
      { name: 'GET /a', outcome: 'E_GUEST', message: 'boom', callId: 1, cpuTimeMs: 2, heapBytes: 3, moreSteps: 0 },
    ]);
    expect(failures[0]?.steps.map(({ what, text, isDenied }) => [what, text, isDenied])).toEqual([
      ['request', 'https://b.test/', true],
      ['log', 'hello', false],
    ]);
    expect(slowest.map(({ durationMs }) => durationMs)).toEqual([19, 18, 17, 16, 15, 14, 13, 12, 11, 10]);
  });

  test('says how near calls came to their limits', () => {
    const watch = new Watch();
    for (let i = 0; i < 3; i++) watch.addAudit(audit());
    watch.addLine({ extension: 'a', callId: 1, level: 'info', message: 'x' });
    watch.addCall(call({ durationMs: 20, cpuTimeMs: 4, heapBytes: 1_000 }));
    watch.addCall(call({ callId: 2, durationMs: 5, cpuTimeMs: 5, heapBytes: 900 }));
    const most = { wallTimeMs: 20, cpuTimeMs: 5, memoryLimitBytes: 1_000, maxCapabilityCalls: 3, maxLogLines: 1 };
    expect(watch.numbersOf('a')?.most).toEqual(most);
  });

  test('counts a call once, although what it left behind is told as well', () => {
    const watch = new Watch();
    watch.addCall(call());
    watch.addCall(call({ background: true }));
    expect(watch.numbersOf('a')?.seen.calls).toBe(1);
  });

  test('has an hour of history, in intervals of twelve seconds', () => {
    const watch = new Watch();
    watch.addCall(call({ durationMs: 8, outcome: 'E_CPU' }));
    for (let i = 0; i < 12 * 300; i++) watch.tick();
    const { intervalMs, calls, failed, p50Ms } = watch.hour.toData();
    expect([intervalMs, calls.length, calls[0], failed[0], calls[1]]).toEqual([12_000, 300, 1, 1, 0]);
    expect(p50Ms[0]).toBeCloseTo(8, 0);
    expect(watch.numbersOf('a')?.history.toData(25).calls).toHaveLength(25);
    watch.tick();
    expect(watch.recent.toData().calls).toHaveLength(300);
  });

  test('says how often each registration was called in the last twelve seconds', () => {
    const watch = new Watch();
    for (let i = 0; i < 18; i++) watch.addCall(call());
    const rates = (): number[] => watch.numbersOf('a')!.handlers.map(({ perSecond }) => perSecond);
    for (let i = 0; i < 12; i++) watch.tick();
    expect(rates()).toEqual([1.5]);
    for (let i = 0; i < 12; i++) watch.tick();
    expect(rates()).toEqual([0]);
  });

  test('is bounded: by extensions, registrations, lines, and bytes of texts', () => {
    const watch = new Watch();
    for (let i = 0; i < 1_500; i++) watch.addCall(call({ extension: `x-${i}` }));
    expect(watch.numbers()).toHaveLength(1_000);
    expect(watch.numbersOf('x-0')).toBeUndefined();
    for (let i = 0; i < 1_000; i++)
      watch.addCall(call({ registration: { type: 'route', method: 'GET', path: `/${i}`, handler: i } }));
    const { handlers } = watch.numbersOf('a')!;
    expect(handlers).toHaveLength(33);
    expect(handlers[0]).toMatchObject({ name: 'others', calls: 968 });
    const message = 'x'.repeat(100_000);
    for (let i = 0; i < 200; i++)
      for (let line = 0; line < 200; line++) watch.addLine({ extension: `y-${i}`, callId: 1, level: 'debug', message });
    expect(watch.textsOf('y-0')).toBeUndefined(); // 200 extensions of 110 KB do not fit
    expect(listsOf(watch, 'y-199').logs).toHaveLength(100);
    expect(listsOf(watch, 'y-199').logs[0]?.message).toHaveLength(500);
  });
});
