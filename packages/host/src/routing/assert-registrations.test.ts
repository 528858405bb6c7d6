import type { Registration } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { assertRegistrations, MAX_REGISTERED_CHARACTERS, MAX_REGISTRATIONS } from './assert-registrations.js';

const route = (path: string): Registration => ({ type: 'route', method: 'GET', path, handler: 0 });

describe('assertRegistrations', () => {
  test('what an extension registers is small enough to be listed', () => {
    expect(() => assertRegistrations(Array.from({ length: MAX_REGISTRATIONS }, () => route('/')))).not.toThrow();
  });

  test.each<[string, Registration[], number]>([
    ['registrations', Array.from({ length: MAX_REGISTRATIONS + 1 }, () => route('/')), MAX_REGISTRATIONS],
    ['characters', Array.from({ length: 200 }, () => route('/'.repeat(400))), MAX_REGISTERED_CHARACTERS],
    ['characters of an id', [{ type: 'operation', id: 'x'.repeat(257), handler: 0 }], 256],
    [
      'characters of an event',
      [{ type: 'filter', event: 'x'.repeat(1_000_000), handler: 0 }],
      MAX_REGISTERED_CHARACTERS,
    ],
  ])('too many %s are refused', (_, registrations, limit) => {
    expect(() => assertRegistrations(registrations)).toThrow(
      expect.objectContaining({ code: 'E_LOAD', message: expect.stringContaining(`at most ${limit} `) }),
    );
  });
});
