import { encodeValue } from '@sandglass/core';
import type { ErrorWire } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { isErrorCode, toSandglassError } from './call-errors.js';

const origin = { extension: 'hello', callId: 7 };
const guest = (thrown: unknown): ErrorWire => ({ code: 'E_GUEST', message: 'boom', thrown: encodeValue(thrown) });
/** Data as the prelude takes it apart. */
const data = (keys: string[], values: unknown[]): unknown => [[0], [['object', keys, values]]];

describe('errors of calls', () => {
  test('a guest error keeps its name, message, stack and data', () => {
    const error = toSandglassError(
      guest([
        '',
        'error',
        'TypeError',
        'boom',
        'at handler (index.js:1)\n at (sandglass:prelude)',
        data(['status'], [4]),
      ]),
      origin,
    );
    expect(error).toMatchObject({ code: 'E_GUEST', message: 'boom', extension: 'hello', callId: 7 });
    expect(error.cause).toBeInstanceOf(Error);
    expect(error.cause).toMatchObject({
      name: 'TypeError',
      message: 'boom',
      stack: 'at handler (index.js:1)',
      cause: { status: 4 },
    });
  });

  test('without data there is no cause of the cause', () => {
    expect(toSandglassError(guest(['', 'error', 'Error', 'boom', '']), origin).cause).not.toHaveProperty('cause');
  });

  test.each([['text'], [5], [null], [undefined], [10n]])('a thrown primitive stays that primitive: %s', (value) => {
    expect(toSandglassError(guest(['', 'value', value]), origin).cause).toBe(value);
  });

  test.each([
    [new Uint8Array([255, 255, 255])],
    [encodeValue(7)],
    [encodeValue(['', 'constructor'])],
    [encodeValue(['', 'error', 4, { toString: 1 }, []])],
    [encodeValue(['', 'error', 'Error', 'boom', '', [[0], [['regexp', '(?i:a)', '']]]])],
    [encodeValue(['', 'error', 'Error', 'boom', '', [[0], [['array', 2 ** 32 - 1, [], []]]]])],
  ])('forged bytes for what was thrown harm nothing', (thrown) => {
    expect(toSandglassError({ code: 'E_GUEST', message: 'boom', thrown }, origin)).toMatchObject({
      code: 'E_GUEST',
      message: 'boom',
    });
  });

  test('a thrown __proto__ does not reach a prototype', () => {
    toSandglassError(guest(['', 'error', '__proto__', 'x', '', data(['__proto__'], [1])]), origin);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('limits come with the error', () => {
    const wire: ErrorWire = { code: 'E_CPU', message: 'too long', limit: { name: 'cpuTimeMs', value: 10, used: 11 } };
    expect(toSandglassError(wire, origin).limit).toEqual({ name: 'cpuTimeMs', value: 10, used: 11 });
  });

  test.each(['toString', '__proto__', 'E_NOPE', 1, undefined])('%s is no error code', (value) => {
    expect(isErrorCode(value)).toBe(false);
  });
});
