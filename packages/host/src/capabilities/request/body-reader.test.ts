import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';

import { ByteBudget } from '../../byte-budget.js';
import { BodyReader } from './body-reader.js';
import { BodyBytes } from './body-bytes.js';

const url = new URL('https://x.com/');
const text = 'some text, '.repeat(1_000);
const MIB = 1_048_576;

interface Limits {
  maxBytes?: number;
  maxHeldBytes?: number;
}

/** Reads bytes that come in these pieces. */
function read(
  pieces: readonly Buffer[],
  encoding = '',
  { maxBytes = MIB, maxHeldBytes = 8 * MIB }: Limits = {},
): Promise<Buffer> {
  const held = new BodyBytes(new ByteBudget(maxHeldBytes), 'guest');
  return new Promise((resolve, reject) => {
    const reader = new BodyReader({ url, encoding, maxBytes, held, onEnd: resolve, onError: reject });
    for (const piece of pieces) reader.add(piece);
    reader.end();
  });
}

const inPieces = (bytes: Buffer): Buffer[] => [bytes.subarray(0, 1), bytes.subarray(1, 7), bytes.subarray(7)];

describe('BodyReader', () => {
  test.each([
    ['gzip', gzipSync(text)],
    ['X-GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['deflate, gzip', gzipSync(deflateSync(text))],
    ['aws-chunked, gzip', gzipSync(text)],
    ['identity', Buffer.from(text)],
    ['none', Buffer.from(text)],
    ['UTF-8', Buffer.from(text)],
    ['zstd', Buffer.from(text)],
    ['', Buffer.from(text)],
  ])('decodes %s, and leaves what it does not know', async (encoding, bytes) => {
    expect((await read(inPieces(bytes), encoding)).toString()).toBe(text);
  });

  test.each(['gzip', 'deflate', 'br', 'deflate, gzip', ''])(
    'an empty body is empty, whatever its encoding: %s',
    async (encoding) => {
      expect(await read([], encoding)).toHaveLength(0);
      expect(await read([Buffer.alloc(0), Buffer.alloc(0)], encoding)).toHaveLength(0);
    },
  );

  test.each([
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
  ])('what a %s body gives before it is cut off counts', async (encoding, bytes) => {
    const given = (await read([bytes.subarray(0, -3)], encoding)).toString();
    expect(text.startsWith(given)).toBe(true);
  });

  test('what is not in the encoding is an error', async () => {
    await expect(read([Buffer.from(text)], 'gzip')).rejects.toMatchObject({ code: 'Z_DATA_ERROR' });
    await expect(read([Buffer.from(text)], 'gzip, gzip, gzip, gzip')).rejects.toMatchObject({
      wire: { code: 'E_NETWORK' },
    });
  });

  test('the limit counts bytes as received and bytes decoded, to the byte', async () => {
    expect(await read([Buffer.alloc(100)], '', { maxBytes: 100 })).toHaveLength(100);
    await expect(read([Buffer.alloc(101)], '', { maxBytes: 100 })).rejects.toMatchObject({ wire: { code: 'E_QUOTA' } });
    expect(await read([gzipSync(Buffer.alloc(5_000))], 'gzip', { maxBytes: 5_000 })).toHaveLength(5_000);
    await expect(read([gzipSync(Buffer.alloc(5_001))], 'gzip', { maxBytes: 5_000 })).rejects.toMatchObject({
      wire: { message: expect.stringContaining('decoded') },
    });
  });

  test.each([
    ['', Buffer.alloc(600_000)],
    ['gzip', gzipSync(Buffer.alloc(600_000))],
  ])('what is held is counted, and given back (%s)', async (encoding, bytes) => {
    const budget = new ByteBudget<string>(MIB);
    const held = new BodyBytes(budget, 'guest');
    const failed = await new Promise<Error>((resolve, reject) => {
      const reader = new BodyReader({ url, encoding, maxBytes: MIB, held, onEnd: () => reject(), onError: resolve });
      try {
        for (const piece of inPieces(bytes)) reader.add(piece);
        reader.end();
      } catch (error) {
        resolve(error as Error);
      }
    });
    expect(failed).toMatchObject({ wire: { code: 'E_QUOTA', message: expect.stringContaining('maxHeldBytes') } });
    expect(budget.usedBytes).toBeLessThanOrEqual(MIB / 2);
    held.release();
    expect(budget.usedBytes).toBe(0);
  });

  test('a body of a hundred thousand pieces is one piece of memory', async () => {
    const pieces = Array.from({ length: 100_000 }, (_, index) => Buffer.from([index]));
    const body = await read(pieces);
    expect(body).toEqual(Buffer.concat(pieces));
    expect(body.buffer.byteLength).toBeLessThan(2 * pieces.length + 4_096);
  });
});
