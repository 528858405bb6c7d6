import { expect, test } from 'vitest';

import { encodeBody } from './body.js';
import { toFormFields } from './form.js';

/** Body and content type that are sent. */
async function encode(
  body: string | object | undefined,
  contentType?: string,
): Promise<[string | null, string | undefined]> {
  const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
  const encoded = await encodeBody(body, headers);
  return [encoded instanceof Uint8Array ? new TextDecoder().decode(encoded) : encoded, headers['content-type']];
}

const FORM = 'application/x-www-form-urlencoded';

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
])('encodes %s', async (_, body, contentType, sent) => {
  expect(await encode(body, contentType)).toEqual(sent);
});

test('an object as multipart gets a boundary, fields in bracket notation', async () => {
  const [body, contentType] = await encode({ a: { b: 'ü' }, c: 1 }, 'multipart/form-data');
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(contentType ?? '')?.[1];
  expect(boundary).toBeTruthy();
  expect(body?.split(`--${boundary}`)).toEqual([
    '',
    '\r\nContent-Disposition: form-data; name="a[b]"\r\n\r\nü\r\n',
    '\r\nContent-Disposition: form-data; name="c"\r\n\r\n1\r\n',
    expect.stringMatching(/^--\s*$/),
  ]);
});

test('a file name cannot break out of its part', async () => {
  const [body] = await encode({ 'a"\r\nContent-Type: evil': 'x' }, 'multipart/form-data');
  expect(body).not.toContain('\r\nContent-Type: evil');
});

test.each([
  ['a BigInt', { a: 1n }, /it has a BigInt$/],
  [
    'a cycle',
    (() => {
      const a: Record<string, unknown> = {};
      return Object.assign(a, { a });
    })(),
    /it is circular$/,
  ],
  ['deep nesting', JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as object, /it is nested too deep$/],
])('%s cannot be JSON', async (_, body, reason) => {
  await expect(encode(body)).rejects.toMatchObject({
    wire: { name: 'TypeError', message: expect.stringMatching(reason) },
  });
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
  expect(toFormFields(data)).toEqual(fields);
});

test('a form neither loops nor takes what has no text', () => {
  const loop: Record<string, unknown> = {};
  loop['a'] = loop;
  expect(() => toFormFields(loop)).toThrow('nested deeper than 100 levels');
  expect(() => toFormFields({ a: () => 1 })).toThrow('cannot be a form field');
  expect(() => toFormFields({ a: new Date(Number.NaN) })).toThrow('cannot be a form field');
});
