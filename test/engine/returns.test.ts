import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { readReturns } from './corpus.js';
import { TestEngine, type Ended } from './open-engine.js';

let engine: TestEngine;

const guestError = (message: string, rest: object = {}): object => ({ ok: false, code: 'E_GUEST', message, ...rest });
const cycle: Record<string, unknown> = {};
cycle['a'] = cycle;

/** What each case of returns.json comes to, in its order: a value, or how the call ended. */
const WANTED: ({ value: unknown } | { ended: object })[] = [
  { value: undefined },
  { value: null },
  { value: 10n ** 30n },
  { ended: { ok: false, code: 'E_CLONE' } },
  { value: -0 },
  { value: Infinity },
  { value: new Date(0) },
  { value: new Map([[1, 2]]) },
  { value: new ArrayBuffer(1 << 20) },
  { value: cycle },
  { value: JSON.parse('{"constructor":{"prototype":{"polluted":1}}}') },
  { value: 't' },
  { ended: guestError('g') },
  // Own functions are not copied: toJSON is one.
  { ended: { ok: false, code: 'E_CLONE', message: 'Cannot copy function "toJSON" across the sandbox boundary' } },
  { ended: guestError('x', { thrown: expect.objectContaining({ name: 'TypeError' }) }) },
  { ended: { ok: false, code: 'E_CLONE', message: 'Cannot copy a Proxy across the sandbox boundary' } },
  { ended: { ok: false, code: 'E_MEMORY' } },
  { ended: { ok: false, code: 'E_MEMORY' } },
  { value: 'a\0b' },
  { value: { 'k\0k': 'v\0v' } },
  { value: 'x'.repeat(5e6) },
  { value: { status: '200\r\nX: y', body: '' } },
  { value: { status: 200, body: { toString: 1 } } },
  { value: { status: 200, headers: { 'set-cookie': 'x' } } },
  { value: {} },
  { value: {} },
  { ended: guestError('undefined', { thrown: { kind: 'value', value: undefined } }) },
  { ended: guestError('null', { thrown: { kind: 'value', value: null } }) },
  { ended: guestError('The extension threw an object') },
  { ended: guestError('m') },
  { ended: guestError('The extension threw a Proxy') },
  {
    ended: guestError('f', {
      thrown: expect.objectContaining({ data: { code: 'SCOPE_DENIED', name: 'ScopeDeniedError' } }),
    }),
  },
  { ended: guestError('out of memory') },
  { ended: guestError('m', { thrown: expect.objectContaining({ data: { kept: 1 } }) }) },
  { value: { '1.5': 1, '5e-324': 2, '-0': 3, '1e3': 4, 7: 5 } },
  { value: 1 },
  { ended: { ok: false, code: 'E_CLONE', message: 'Cannot copy a Proxy across the sandbox boundary' } },
  { ended: { ok: false, code: 'E_CLONE' } },
  { value: new Map([[1, 2]]) },
  { ended: guestError('Symbol(s)') },
  { ended: guestError('10', { thrown: { kind: 'value', value: 10n } }) },
];

const cases = readReturns().map(({ code }, i) => ({ code, wanted: WANTED[i]! }));

describe('what a handler returns', () => {
  beforeAll(async () => {
    engine = await TestEngine.open();
  });

  afterAll(() => engine.engine.close());

  test('every case has its expectation', () => {
    expect(cases).toHaveLength(WANTED.length);
  });

  test.each(cases)('$code', async ({ code, wanted }) => {
    const id = await engine.handler(code.replace('export default', '').replace(/;\s*$/, ''));
    for (let run = 0; run < 2; run++) {
      const ended: Ended = await engine.call(id);
      expect(ended).toMatchObject('ended' in wanted ? wanted.ended : { ok: true, value: wanted.value });
    }
    expect('polluted' in {}).toBe(false);
  });
});
