import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { TestEngine } from './open-engine.js';

let engine: TestEngine;

describe('WeakRef', () => {
  beforeAll(async () => {
    engine = await TestEngine.open();
  });

  afterAll(() => engine.engine.close());

  test.each<[string, string, unknown]>([
    ['keeps its target in the job that made it', 'typeof new WeakRef({}).deref()', 'object'],
    [
      'keeps its target in a job that read it',
      `(async () => {
        let target = {};
        const ref = new WeakRef(target);
        await null;
        ref.deref();
        target = undefined;
        return typeof ref.deref();
      })()`,
      'object',
    ],
    [
      'lets go of it in a later job',
      '(async () => { const ref = new WeakRef({}); for (let i = 0; i < 3; i++) await null; return typeof ref.deref(); })()',
      'undefined',
    ],
    [
      'looks like a built-in',
      `[WeakRef.name, WeakRef.length, WeakRef.prototype.constructor === WeakRef, /native code/.test(WeakRef), /native code/.test(WeakRef.prototype.deref), Object.keys(WeakRef.prototype).length]`,
      ['WeakRef', 1, true, true, true, 0],
    ],
    ['has subclasses', 'new (class Mine extends WeakRef {})({}) instanceof WeakRef', true],
    [
      'refuses what it cannot keep',
      '[() => WeakRef({}), () => new WeakRef(1), () => WeakRef.prototype.deref.call({})].map((run) => { try { return run(); } catch (error) { return error.name; } })',
      ['TypeError', 'TypeError', 'TypeError'],
    ],
    [
      'asks nothing of a patched Promise',
      '(() => { Promise.prototype.then = Promise.prototype.constructor = undefined; return typeof new WeakRef({}).deref(); })()',
      'object',
    ],
  ])('%s', async (_, code, expected) => {
    const id = await engine.load(`export default { id: 'x', async handler() { return await ${code}; } };`);
    expect(await engine.value(id)).toEqual(expected);
  });
});
