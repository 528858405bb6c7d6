import { describe, expect, test } from 'vitest';

import { encodeBody } from './body.js';
import { toFormFields } from './form.js';

const MIB = 1_048_576;
const LIMITS = { maxValues: 10_000, maxBytes: MIB };
const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data';

/** Body and content type that are sent. */
function encode(
  body: string | object | undefined,
  contentType?: string,
  maxBytes = MIB,
): [string | null, string | undefined] {
  const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
  const encoded = encodeBody(body, headers, maxBytes);
  const sent = encoded === null ? null : Buffer.from(encoded).toString();
  return [sent, headers['content-type']];
}

/** Lists that each hold the one before twice: 2^60 values, of 60 objects. */
function doubled(seed: unknown, levels = 60): unknown {
  let value = seed;
  for (let level = 0; level < levels; level++) value = [value, value];
  return value;
}

const text = 'x'.repeat(1_000);
const holes: unknown[] = [];
holes.length = 1_000_000;

const EVERY = [undefined, FORM, MULTIPART];

describe('encodeBody', () => {
  test.each([
    ['nothing', undefined, undefined, [null, undefined]],
    ['a string', 'a=1', undefined, ['a=1', FORM]],
    ['a string with a content type', '{"a":1}', 'application/json', ['{"a":1}', 'application/json']],
    ['an object', { a: [1, null] }, undefined, ['{"a":[1,null]}', 'application/json']],
    [
      'an object with a content type that is none of the forms',
      { a: 1 },
      'application/vnd.api+json',
      ['{"a":1}', 'application/vnd.api+json'],
    ],
    ['a list', [1, 2], undefined, ['[1,2]', 'application/json']],
    [
      'an object as a form',
      { a: 'x y', b: { c: ['1', '2'] }, d: [1, 2] },
      `${FORM}; charset=utf-8`,
      ['a=x+y&b%5Bc%5D%5B0%5D=1&b%5Bc%5D%5B1%5D=2&d%5B%5D=1&d%5B%5D=2', `${FORM}; charset=utf-8`],
    ],
    ['bytes', new TextEncoder().encode('raw'), undefined, ['raw', 'application/octet-stream']],
    ['a buffer', new TextEncoder().encode('raw').buffer, 'image/png', ['raw', 'image/png']],
  ])('encodes %s', (_, body, contentType, sent) => {
    expect(encode(body, contentType)).toEqual(sent);
  });

  test('an object as multipart gets a boundary, fields in bracket notation', () => {
    const [body, contentType] = encode({ a: { b: 'ü' }, c: 1 }, 'multipart/form-data');
    const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(contentType ?? '')?.[1];
    expect(boundary).toBeTruthy();
    expect(body?.split(`--${boundary}`)).toEqual([
      '',
      '\r\nContent-Disposition: form-data; name="a[b]"\r\n\r\nü\r\n',
      '\r\nContent-Disposition: form-data; name="c"\r\n\r\n1\r\n',
      expect.stringMatching(/^--\s*$/),
    ]);
  });

  test('a file name cannot break out of its part', () => {
    const [body] = encode({ 'a"\r\nContent-Type: evil': 'x' }, 'multipart/form-data');
    expect(body).not.toContain('\r\nContent-Type: evil');
  });

  test.each([
    ['a BigInt', { a: 1n }, /it has a bigint$/],
    ['a boxed BigInt', { a: [Object(1n)] }, /it has a bigint$/],
    ['a function', { a: () => 1 }, /it has a function$/],
    ['an own toJSON', { a: { toJSON: () => 1 } }, /it has a function$/],
    ['a symbol', [Symbol('s')], /it has a symbol$/],
    ['a Map', { a: new Map([[1, 2]]) }, /it has a Map$/],
    ['an ArrayBuffer', { a: new ArrayBuffer(1) }, /it has a ArrayBuffer$/],
    [
      'a cycle',
      (() => {
        const a: Record<string, unknown> = {};
        return Object.assign(a, { a });
      })(),
      /it is circular, or nested too deep$/,
    ],
    [
      'deep nesting',
      JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as object,
      /it is circular, or nested too deep$/,
    ],
  ])('%s cannot be JSON', (_, body, reason) => {
    expect(() => encode(body)).toThrow(
      expect.objectContaining({
        wire: expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(reason) }),
      }),
    );
  });

  test.each([
    [
      { a: null, b: undefined, c: true, d: new Date(0) },
      [
        ['c', 'true'],
        ['d', '1970-01-01T00:00:00.000Z'],
      ],
    ],
    [
      { a: [{ b: 1 }, 2] },
      [
        ['a[0][b]', '1'],
        ['a[1]', '2'],
      ],
    ],
    [{ a: { b: { c: 'd' } } }, [['a[b][c]', 'd']]],
    [
      ['x', 'y'],
      [
        ['0', 'x'],
        ['1', 'y'],
      ],
    ],
  ])('toFormFields(%j)', (data, fields) => {
    expect(toFormFields(data, LIMITS)).toEqual(fields);
  });

  test('a form neither loops nor takes what has no text', () => {
    const loop: Record<string, unknown> = {};
    loop['a'] = loop;
    expect(() => toFormFields(loop, LIMITS)).toThrow('nested deeper than 100 levels');
    expect(() => toFormFields({ a: () => 1 }, LIMITS)).toThrow('cannot be a form field');
    expect(() => toFormFields({ a: new Date(Number.NaN) }, LIMITS)).toThrow('cannot be a form field');
  });

  test.each([
    ['lists', { s: doubled(1) }, EVERY],
    ['objects', { s: doubled({ v: 1 }) }, EVERY],
    ['empty lists', { s: doubled([]) }, EVERY],
    ['holes', { s: doubled(holes, 8) }, EVERY],
    ['holes right under a name', { a: holes, b: holes, c: holes, d: holes }, EVERY],
    ['a long text', doubled(text, 14), EVERY],
    ['a long text that is boxed', doubled(Object(text), 14), [undefined]],
    ['long keys', doubled({ [text]: 1 }, 14), EVERY],
    ['control characters', { a: '\u0001'.repeat(MIB - 1), b: 'x' }, EVERY],
    ['line ends', { a: '\n'.repeat(MIB - 1_000) }, EVERY],
    ['what takes more bytes than characters', { a: '漢'.repeat(MIB / 2) }, EVERY],
    ['many texts, each small', { a: Array.from({ length: 100_000 }, () => 'some words') }, EVERY],
    ['bytes', { a: new Uint8Array(8 * MIB) }, [undefined]],
    ['a text of its own', 'x'.repeat(MIB + 1), [undefined]],
    ['bytes of their own', new Uint8Array(MIB + 1), [undefined]],
  ])('%s that come to too much end at once, in each encoding', (_, body, contentTypes) => {
    for (const contentType of contentTypes) {
      const wire = { code: 'E_QUOTA', message: expect.stringMatching(/^Request body is too large: over/) };
      expect(() => encode(body as object, contentType)).toThrow(
        expect.objectContaining({ wire: expect.objectContaining(wire) }),
      );
    }
  });

  test.each([
    ["it's (a) ~test* of-all._ + & = % @/", 'é 漢 \ud800 🎉'],
    ['', ''],
    ['a\r\nb\nc\rd"', '\0\u007f'],
  ])('a form of %j is encoded as URLSearchParams does', (name, value) => {
    expect(encode({ [name]: value, other: [1, 2] }, FORM)[0]).toBe(
      new URLSearchParams([
        [name, value],
        ['other[]', '1'],
        ['other[]', '2'],
      ]).toString(),
    );
  });

  test('multipart is encoded as a Response does', async () => {
    const fields: [string, string][] = [
      ['a"b', 'x\r\ny\nz\rw\r\r\n'],
      ['c\nd\re\r\nf', 'é 漢'],
    ];
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    const theirs = await new Response(form).text();
    const [ours] = encode(Object.fromEntries(fields), MULTIPART);
    const withoutBoundary = (body: string): string => body.replaceAll(/^--\S+?(?:--)?\r\n/gm, '').trim();
    expect(withoutBoundary(String(ours))).toBe(withoutBoundary(theirs));
  });
});
