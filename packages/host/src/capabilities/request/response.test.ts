import { Readable } from 'node:stream';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

import { parseData, readBody } from './response.js';

const url = new URL('https://x.com/');
const text = 'some text, '.repeat(1_000);
const signal = new AbortController().signal;
const read = (bytes: Buffer, encoding?: string, maxBytes = 1_000_000): Promise<Buffer> =>
  readBody(
    Readable.from([bytes.subarray(0, 1), bytes.subarray(1, 7), bytes.subarray(7)].filter((part) => part.length > 0)),
    { url, encoding, maxBytes, signal },
  );

test.each([
  ['gzip', gzipSync(text)],
  ['X-GZIP', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['br', brotliCompressSync(text)],
  ['deflate, gzip', gzipSync(deflateSync(text))],
  ['identity', Buffer.from(text)],
  [undefined, Buffer.from(text)],
])('decodes %s', async (encoding, bytes) => {
  expect((await read(bytes, encoding)).toString()).toBe(text);
});

test.each(['gzip', 'deflate', 'br', undefined])(
  'an empty body is empty, whatever its encoding: %s',
  async (encoding) => {
    expect(await read(Buffer.alloc(0), encoding)).toHaveLength(0);
  },
);

test('the limit counts bytes as received and bytes decoded, to the byte', async () => {
  expect(await read(Buffer.alloc(100), undefined, 100)).toHaveLength(100);
  await expect(read(Buffer.alloc(101), undefined, 100)).rejects.toMatchObject({ wire: { code: 'E_QUOTA' } });
  expect(await read(gzipSync(Buffer.alloc(5_000)), 'gzip', 5_000)).toHaveLength(5_000);
  await expect(read(gzipSync(Buffer.alloc(5_001)), 'gzip', 5_000)).rejects.toMatchObject({
    wire: { message: expect.stringContaining('decoded') },
  });
});

test('truncated and unknown encodings are errors', async () => {
  await expect(read(gzipSync(text).subarray(0, 40), 'gzip')).rejects.toThrow('unexpected end of file');
  await expect(read(Buffer.from(text), 'zstd')).rejects.toMatchObject({ wire: { code: 'E_NETWORK' } });
  await expect(read(Buffer.from(text), 'gzip, gzip, gzip, gzip')).rejects.toMatchObject({
    wire: { code: 'E_NETWORK' },
  });
});

test.each([
  ['', ''],
  ['text', 'text'],
  ['{"a":[1]}', { a: [1] }],
  [' [1] ', [1]],
  ['"x"', 'x'],
  ['12', 12],
  ['-1e3', -1_000],
  ['true', true],
  ['null', null],
  ['nullable', 'nullable'],
  ['{broken', '{broken'],
  ['\ufeff{"a":1}', { a: 1 }],
  ['<p>1</p>', '<p>1</p>'],
])('parseData(%j)', (body, data) => {
  expect(parseData(Buffer.from(body), url)).toEqual(data);
});

test('brackets in strings do not count as nesting, real ones do', () => {
  const flat = JSON.stringify({ a: '['.repeat(5_000), b: '\\"[' });
  expect(parseData(Buffer.from(flat), url)).toEqual(JSON.parse(flat));
  const deep = (levels: number): Buffer => Buffer.from(`${'[{"a":'.repeat(levels)}1${'}]'.repeat(levels)}`);
  expect(parseData(deep(500), url)).toBeInstanceOf(Array);
  expect(() => parseData(deep(501), url)).toThrow('nested deeper than 1000 levels');
});
