import { DEFAULT_LIMITS } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { PoisonedError } from '../sandbox/sandbox.js';
import type { Call } from './call.js';
import { describePoison } from './failure.js';

/** As much of a call as is asked. */
function failingCall(refusedBytes: number): Call & { failures: number } {
  const call = {
    failures: 0,
    stopped: undefined,
    extension: { name: 'test', limits: DEFAULT_LIMITS },
    sandbox: { refusedBytes, isShort: false },
    countFailure: () => (call.failures += 1),
  };
  return call as unknown as Call & { failures: number };
}

const trap = new WebAssembly.RuntimeError('unreachable');

describe('describePoison', () => {
  test.each([
    ['a trap after a refused allocation', trap, 5_000_000, { code: 'E_MEMORY', failures: 0 }],
    ["V8's stack", new RangeError('Maximum call stack size exceeded'), 0, { code: 'E_STACK', failures: 0 }],
    ['a trap that nothing explains', trap, 0, { code: 'E_GUEST', failures: 1 }],
    ['a failure of ours', new TypeError('x is not a function'), 0, { code: 'E_WORKER_LOST', failures: 1 }],
  ])(
    '%s: what no limit explains is counted, and only ours is not the guest’s',
    (_, cause, refused, { code, failures }) => {
      const call = failingCall(refused);
      const error = describePoison(new PoisonedError(String(cause), { cause }), call);
      expect(error.code).toBe(code);
      expect(call.failures).toBe(failures);
      expect(error.message.includes(`its sandbox failed: ${cause.name}: ${cause.message}`)).toBe(failures > 0);
    },
  );
});
