import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { TestEngine } from './open-engine.js';

let engine: TestEngine;

describe('globals of a guest', () => {
  beforeAll(async () => {
    engine = await TestEngine.open();
  });

  afterAll(() => engine.engine.close());

  test('errors have what bundles made for V8 call: captureStackTrace and stackTraceLimit', async () => {
    const id = await engine.load(`
    class Failure extends Error {
      constructor(message) {
        super(message);
        Error.captureStackTrace(this, Failure);
      }
    }
    export default {
      id: 'probe',
      handler() {
        const { stack } = new Failure('x');
        const shown = Function.prototype.toString.call(Error.captureStackTrace);
        return [stack.includes('handler'), Error.stackTraceLimit, Object.keys(Error), shown.includes('[native code]')];
      },
    };
  `);
    expect(await engine.value(id)).toEqual([true, 10, [], true]);
  });
});
