import type { Registration } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { describeRegistration } from './describe-registration.js';

const route = (path: string): Registration => ({ type: 'route', method: 'GET', path, handler: 0 });

describe('describeRegistration', () => {
  test.each<[Registration, string | undefined, string]>([
    [route('/slow'), '/hello', 'GET /hello/slow'],
    [route('/'), '/hello', 'GET /hello'],
    [route('/'), undefined, 'GET /'],
    [route('/:id'), undefined, 'GET /:id'],
    [{ type: 'filter', event: 'items.create', handler: 0 }, '/hello', 'filter items.create'],
    [{ type: 'action', event: 'items.*', handler: 0 }, undefined, 'action items.*'],
    [{ type: 'operation', id: 'shout', handler: 0 }, undefined, 'operation shout'],
  ])('%o below %s is “%s”', (registration, mount, text) => {
    expect(describeRegistration(registration, mount)).toBe(text);
  });
});
