import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { TestEngine } from './open-engine.js';

const CIRCLE = '(() => { const circle = {}; circle.self = circle; return circle; })()';

/** Handlers of `{ n }`, and what comes of each. */
const HANDLERS: [handler: string, ended: object][] = [
  ['({ n }) => n + 1', { value: 8 }],
  ['() => undefined', { value: undefined }],
  ['({ n }) => ({ list: [n, "x"], at: new Date(n) })', { value: { list: [7, 'x'], at: new Date(7) } }],
  ['({ n }) => new Map([[n, n]])', { value: new Map([[7, 7]]) }],
  ['({ n }) => [n, , undefined].length', { value: 3 }],
  ['async ({ n }) => ({ n })', { value: { n: 7 } }],
  ['async ({ n }) => { await null; return n; }', { value: 7 }],
  ['({ n }) => Promise.resolve(new Set([n]))', { value: new Set([7]) }],
  ['({ n }) => ({ then: (resolve) => resolve(n) }).n', { value: undefined }],
  ['() => { throw new TypeError("no") }', { code: 'E_GUEST', message: 'no' }],
  ['async () => { throw new TypeError("no") }', { code: 'E_GUEST', message: 'no' }],
  ['() => () => 1', { code: 'E_CLONE' }],
  ['async () => { await null; throw "no" }', { code: 'E_GUEST' }],
  [`() => Object.keys(${CIRCLE}).length`, { value: 1 }],
];

let engine: TestEngine;

describe('runHandler', () => {
  beforeAll(async () => {
    engine = await TestEngine.open();
  });

  afterAll(() => engine.engine.close());

  describe.each(['pristine', 'persistent'] as const)('%s', (isolation) => {
    test.each(HANDLERS)(
      'what comes of %s does not depend on the way that its argument takes',
      async (handler, ended) => {
        const id = await engine.handler(handler, { isolation });
        const arguments_ = [
          { n: 7 }, // decoded, called and encoded in one entry
          { n: 7, long: 'x'.repeat(10_000) }, // does not fit where that happens
          { n: 7, map: new Map() }, // has to be revived first
        ];
        for (const argument of [...arguments_, ...arguments_]) {
          expect(await engine.call(id, argument)).toMatchObject({ ok: 'value' in ended, ...ended });
        }
      },
    );
  });
});
