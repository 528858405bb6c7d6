import { SandglassError } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { errorText } from './error-text.js';

const thrown = (name: string, message: string): Error => Object.assign(new Error(message), { name });

describe('errorText', () => {
  test.each([
    ['the class of what a guest threw', 'E_GUEST', 'no', thrown('RangeError', 'no'), 'RangeError: no'],
    ['a class of its own', 'E_GUEST', 'no', thrown('OrderError', 'no'), 'OrderError: no'],
    ['a load', 'E_LOAD', 'Cannot load "x": no', thrown('TypeError', 'no'), 'Cannot load "x": TypeError: no'],
    ['no class that says nothing', 'E_GUEST', 'no', thrown('Error', 'no'), 'no'],
    [
      'no class of a cause with another message',
      'E_CPU',
      'too long',
      thrown('InternalError', 'interrupted'),
      'too long',
    ],
    ['no class of a value', 'E_GUEST', 'no', 'no', 'no'],
    ['a name that is cut', 'E_GUEST', 'no', thrown('x'.repeat(200), 'no'), `${'x'.repeat(100)}: no`],
    // oxlint-disable-next-line max-params -- columns of the table
  ] as const)('%s', (_, code, message, cause, text) => {
    expect(errorText(new SandglassError(code, message, { cause }))).toBe(text);
  });

  test('any other error is its message', () => {
    expect(errorText(new TypeError('no'))).toBe('no');
  });
});
