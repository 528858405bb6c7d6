import { JsonData } from '@sandglass/core';
import { afterAll, describe, expect, test } from 'vitest';

import { TestEngine, type Answer } from './open-engine.js';

const JSON_TEXT = '{"n":7,"list":[1,"x"]}';

/** What the host answers, and what the guest makes of it. */
const ANSWERS: [what: string, answer: Answer, seen: unknown][] = [
  ['nothing', { value: undefined }, undefined],
  ['a small value', { value: { n: 7, at: new Date(7) } }, { n: 7, at: new Date(7) }],
  ['a value that the value buffer is too small for', { value: ['x'.repeat(10_000)] }, ['x'.repeat(10_000)]],
  ['a value that has to be revived', { value: new Map([[7, new Set([7])]]) }, new Map([[7, new Set([7])]])],
  ['JSON', { value: new JsonData({ status: 200, data: JSON_TEXT }) }, { status: 200, data: JSON.parse(JSON_TEXT) }],
  ['text that is no JSON', { value: new JsonData({ status: 200, data: '{' }) }, { status: 200, data: '{' }],
  ['an error', { error: { name: 'RangeError', message: 'no', code: 'E_NETWORK' } }, 'RangeError: no'],
];

/** Handlers that hand the answer on, before and after further work. */
const HANDLERS = {
  'hands it on': 'async () => request("https://a.test").catch(String)',
  'awaits it twice': 'async () => { await sleep(1); return await request("https://a.test").catch(String); }',
  'has more jobs than a round runs':
    'async () => { const answer = await request("https://a.test").catch(String); for (let i = 0; i < 200; i++) await null; return answer; }',
  'goes on after it':
    'async () => { const answer = await request("https://a.test").catch(String); sleep(1).then(() => log("later")); return answer; }',
};

const engines: TestEngine[] = [];

describe('settlePromise', () => {
  afterAll(() => {
    for (const { engine } of engines) engine.close();
  });

  describe.each(['pristine', 'persistent'] as const)('%s', (isolation) => {
    describe.each(Object.entries(HANDLERS))('a handler that %s', (_, handler) => {
      test.each(ANSWERS)('gets %s', async (_what, answer, seen) => {
        const engine = await TestEngine.open({
          answer: ({ name }) => (name === 'sleep' ? { value: undefined } : answer),
        });
        engines.push(engine);
        const id = await engine.handler(handler, { isolation });
        const calls = Array.from({ length: 3 }, () => engine.start(id));
        for (const { ended } of calls) expect(await ended).toMatchObject({ ok: true, value: seen });
        for (const { over } of calls) await over;
      });
    });
  });

  test('a setter on a prototype sees nothing of an answer', async () => {
    const engine = await TestEngine.open({ answer: () => ({ value: new JsonData({ data: '[7]' }) }) });
    engines.push(engine);
    const setter = '{ set(value) { seen.push(value); }, configurable: true }';
    const id = await engine.handler('async () => [await request("https://a.test"), seen]', {
      before: `const seen = []; for (const name of ["data", "value"]) Object.defineProperty(Object.prototype, name, ${setter})`,
    });
    expect(await engine.value(id)).toEqual([{ data: [7] }, []]);
  });

  test('answers free what came before them: thousands fit where their sum does not', async () => {
    const engine = await TestEngine.open({ answer: () => ({ value: 'x'.repeat(4_000) }) });
    engines.push(engine);
    const id = await engine.handler(
      'async () => { let length = 0; for (let i = 0; i < 5_000; i++) length += (await request("https://a.test")).length; return length; }',
      { limits: { memoryLimitBytes: 8 << 20 } },
    );
    expect(await engine.value(id)).toBe(20_000_000);
  });
});
