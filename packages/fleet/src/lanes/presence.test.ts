import { encodeValue } from '@sandglass/core';
import { describe, expect, test } from 'vitest';

import { type Presence, readPresence, writePresence } from './presence.js';

const PRESENCE: Presence = { id: 'a1', name: 'runner', engine: 'ff', engines: 2, loadMs: 0.5 };

describe('a presence', () => {
  test('is read as it was written', () => {
    expect(readPresence({ data: writePresence(PRESENCE) })).toEqual(PRESENCE);
  });

  test.each<[string, object | null]>([
    ['no object', null],
    ['an id that is a subject of its own', { ...PRESENCE, id: 'a.>' }],
    ['engines below none', { ...PRESENCE, engines: -1 }],
    ['more engines than a machine has', { ...PRESENCE, engines: 1e9 }],
    ['a load that is no number', { ...PRESENCE, loadMs: NaN }],
    ['no name', { ...PRESENCE, name: 1 }],
  ])('with %s is none', (_, value) => {
    expect(readPresence({ data: encodeValue(value) })).toBe(undefined);
  });

  test('of bytes that are no value is none', () => {
    expect(readPresence({ data: Uint8Array.of(255, 255, 1) })).toBe(undefined);
  });
});
