import { type ErrorCode, SandglassError } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { errorText } from './error-text.js';

const thrown = (name: string, message: string): Error => Object.assign(new Error(message), { name });

const failed = (code: ErrorCode, message: string, cause: unknown): SandglassError =>
  new SandglassError(code, message, { cause });

describe('errorText', () => {
  test.each([
    ['the class of what a guest threw', failed('E_GUEST', 'no', thrown('RangeError', 'no')), 'RangeError: no'],
    ['a class of its own', failed('E_GUEST', 'no', thrown('OrderError', 'no')), 'OrderError: no'],
    ['a load', failed('E_LOAD', 'Cannot load "x": no', thrown('TypeError', 'no')), 'Cannot load "x": TypeError: no'],
    [
      'no class of what the host found',
      failed('E_LOAD', 'Cannot load "x": no', failed('E_LOAD', 'no', undefined)),
      'Cannot load "x": no',
    ],
    ['no class that says nothing', failed('E_GUEST', 'no', thrown('Error', 'no')), 'no'],
    [
      'no class of a cause with another message',
      failed('E_CPU', 'too long', thrown('InternalError', 'interrupted')),
      'too long',
    ],
    ['no class of a value', failed('E_GUEST', 'no', 'no'), 'no'],
    ['a name that is cut', failed('E_GUEST', 'no', thrown('x'.repeat(200), 'no')), `${'x'.repeat(100)}: no`],
  ] as const)('%s', (_, error, text) => {
    expect(errorText(error)).toBe(text);
  });

  test('any other error is its message', () => {
    expect(errorText(new TypeError('no'))).toBe('no');
  });
});
