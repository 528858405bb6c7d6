import { describe, expect, test } from 'vitest';

import { dropContentHeaders, dropCredentials, readHeaders, toGuestHeaders } from './headers.js';

const read = (given: object | undefined): Record<string, string> => readHeaders(given, 'x.com:8080');

const DEFAULTS = {
  accept: 'application/json, text/plain, */*',
  'accept-encoding': 'gzip, deflate, br',
  'user-agent': 'sandglass',
};

const many = (count: number, value: unknown = 'v'): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`h${index}`, value]));

describe('headers of a request', () => {
  test('values become text: numbers, booleans, lists; null, undefined and false drop', () => {
    const given = { A: 1, b: ['x', 2], c: null, d: undefined, e: false, f: true, g: 5n, h: '  padded ', i: 'ü' };
    expect({ ...read(given) }).toEqual({ ...DEFAULTS, a: '1', b: 'x, 2', f: 'true', g: '5', h: 'padded', i: 'ü' });
  });

  test('a guest’s own header replaces the default, whatever its case', () => {
    expect(read({ Accept: 'text/plain', 'USER-AGENT': 'mine', 'accept-encoding': 'identity' })).toMatchObject({
      accept: 'text/plain',
      'user-agent': 'mine',
      'accept-encoding': 'identity',
    });
  });

  test.each([
    { x: { y: 1 } },
    { x: [null] },
    { x: Symbol('s') },
    { x: () => 1 },
    { 'x y': '1' },
    { 'x:': '1' },
    { x: 'a\nb' },
    { x: ['a', 'b\0'] },
    { x: [undefined] },
    { x: 10n ** 1_000n },
  ])('refuses what cannot be a header, %#', (given) => {
    expect(() => read(given)).toThrow(
      expect.objectContaining({ wire: expect.objectContaining({ name: 'TypeError', code: 'E_GUEST' }) }),
    );
  });

  test.each([
    ['names', many(101)],
    ['names whose values drop', many(101, null)],
    ['bytes of one value', { a: 'x'.repeat(16_380) }],
    ['bytes of a name', { ['a'.repeat(16_385)]: '' }],
    ['bytes of many values', many(100, 'x'.repeat(200))],
    ['parts of a list', { a: Array.from({ length: 1_000_000 }, () => '') }],
  ])('too many %s are refused', (_, given) => {
    expect(() => read(given)).toThrow(
      expect.objectContaining({
        wire: expect.objectContaining({
          code: 'E_QUOTA',
          message: expect.stringMatching(/^Request headers are too large: over (100 headers|16384 bytes)$/),
        }),
      }),
    );
  });

  test('as many as may be are sent', () => {
    expect(Object.keys(read(many(100, 'x'.repeat(150))))).toHaveLength(103);
  });

  test.each([new Uint8Array(1_000), Object('text'), new Map([['a', 'b']])])(
    'what is neither an object of headers nor a list is refused, %#',
    (given) => {
      expect(() => read(given as object)).toThrow('Request headers has to be of type object');
    },
  );

  test.each([undefined, {}, []])('without headers there are the defaults, %#', (given) => {
    expect({ ...read(given) }).toEqual(DEFAULTS);
  });

  test('what the client writes itself drops in any case, and so does the host that it is anyway', () => {
    const given = { Connection: 'close', 'Content-Length': '5', 'Keep-Alive': 'x', Host: 'X.com:8080' };
    expect({ ...read(given) }).toEqual(DEFAULTS);
  });

  test.each([
    'Sec-Fetch-Mode',
    'PROXY-connection',
    'Trailer',
    'Via',
    'TE',
    'Transfer-Encoding',
    'Upgrade',
    'Expect',
    'Host',
  ])('%s is refused', (name) => {
    expect(() => read({ [name]: 'x.com' })).toThrow(`No permission to use request header "${name.toLowerCase()}"`);
  });

  test('dropCredentials keeps an allow-list, dropContentHeaders what is not about a body', () => {
    const headers = read({ authorization: 'a', cookie: 'b', 'x-api-key': 'c', 'content-type': 'd', accept: 'e' });
    expect(Object.keys(dropCredentials(headers)).sort()).toEqual([
      'accept',
      'accept-encoding',
      'content-type',
      'user-agent',
    ]);
    expect(Object.keys(dropContentHeaders(headers))).not.toContain('content-type');
    expect(dropContentHeaders(headers)['authorization']).toBe('a');
  });

  test('response headers are lower-case, lists join, set-cookie is a list, a name is only a name', () => {
    const received = JSON.parse('{"X-A":["1","2"],"set-cookie":"a=b","__proto__":"x","constructor":"y"}') as Record<
      string,
      string | string[]
    >;
    const headers = toGuestHeaders(received);
    expect(Object.entries(headers)).toEqual([
      ['x-a', '1, 2'],
      ['set-cookie', ['a=b']],
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });
});
