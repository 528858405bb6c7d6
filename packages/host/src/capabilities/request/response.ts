import { once } from 'node:events';
import { type Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

import { networkFailure, tooLarge } from './failure.js';

/** Encodings on top of each other. Real servers use one. */
const MAX_ENCODINGS = 3;

/** Nesting of a JSON response. Deeper values exhaust the stack of whoever walks them. */
const MAX_JSON_DEPTH = 1_000;

const CHARACTER = {
  quote: 0x22,
  backslash: 0x5c,
  openBracket: 0x5b,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** First byte of deflate with a zlib header; assumed below another encoding, where nobody has looked. */
const ZLIB_HEADER = 0x78;

type Decoder = (firstByte: number) => Transform;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  // Servers send deflate with a zlib header or bare (RFC 9110 §8.4.1.2); the low bits of the first byte tell.
  ['deflate', (firstByte) => ((firstByte & 0x0f) === 8 ? createInflate() : createInflateRaw())],
  ['br', () => createBrotliDecompress()],
]);

export interface ReadBodyOptions {
  url: URL;
  /** Value of `content-encoding`. */
  encoding: string | undefined;
  /** Bytes as received, and bytes decoded: each may not exceed it. */
  maxBytes: number;
  signal: AbortSignal;
}

/**
 * Reads a response's body whole, decoded while it streams. Stops reading, and destroys the stream, at the byte that is
 * one too many, before or after decoding.
 *
 * @throws {CapabilityError} `E_QUOTA` over the limit, `E_NETWORK` for an encoding that is unknown, piled up or broken.
 */
export async function readBody(body: Readable, options: ReadBodyOptions): Promise<Buffer> {
  const { url, encoding, maxBytes, signal } = options;
  const decoders = findDecoders(url, body, encoding);
  const chunks: Buffer[] = [];
  const received = new ByteLimit(maxBytes, () => tooLarge(url, `over ${maxBytes} bytes (maxResponseBytes)`));
  if (decoders.length === 0) {
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(received.add(chunk));
    return Buffer.concat(chunks);
  }
  const first = await peek(body, signal);
  if (first === undefined) return Buffer.alloc(0);
  const decoded = new ByteLimit(maxBytes, () => tooLarge(url, `over ${maxBytes} bytes decoded (maxResponseBytes)`));
  const count = new Transform({ transform: (chunk: Buffer, _, done) => pass(() => received.add(chunk), done) });
  const collect = new Writable({
    write: (chunk: Buffer, _, done) =>
      pass(
        () => chunks.push(decoded.add(chunk)),
        (error) => done(error),
      ),
  });
  await pipeline(
    [body, count, ...decoders.map((decoder, index) => decoder(index === 0 ? first : ZLIB_HEADER)), collect],
    { signal },
  );
  return Buffer.concat(chunks);
}

/**
 * The `data` of a response: parsed if it is JSON, whatever its content type, else the text.
 *
 * @throws {CapabilityError} `E_QUOTA` for JSON nested beyond 1,000 levels.
 */
export function parseData(bytes: Uint8Array, url: URL): unknown {
  const text = new TextDecoder().decode(bytes); // drops a byte order mark
  if (!/^\s*[[{"\d-]|^\s*(?:true|false|null)\s*$/.test(text)) return text; // spares the exception
  if (isDeeperThan(text, MAX_JSON_DEPTH)) throw tooLarge(url, `nested deeper than ${MAX_JSON_DEPTH} levels`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Decoders in the order to apply them: the last one encoded comes off first. */
function findDecoders(url: URL, body: Readable, encoding = ''): Decoder[] {
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  const decoders = names.toReversed().map((name) => DECODERS.get(name));
  if (names.length <= MAX_ENCODINGS && decoders.every((decoder) => decoder !== undefined)) return decoders;
  body.on('error', () => {}).destroy();
  throw networkFailure(url, 'its content encoding is not supported', undefined, 'ERR_BAD_RESPONSE');
}

class ByteLimit {
  readonly #maxBytes: number;
  readonly #fail: () => Error;
  #total = 0;

  constructor(maxBytes: number, fail: () => Error) {
    this.#maxBytes = maxBytes;
    this.#fail = fail;
  }

  /** Lets a chunk through, or throws when it is one byte too many. */
  add(chunk: Buffer): Buffer {
    this.#total += chunk.length;
    if (this.#total > this.#maxBytes) throw this.#fail();
    return chunk;
  }
}

/** Runs a step of a stream; a throw becomes the stream's error. */
function pass<T>(step: () => T, done: (error: Error | null, value?: T) => void): void {
  let value: T;
  try {
    value = step();
  } catch (error) {
    done(error as Error); // ByteLimit throws nothing else
    return;
  }
  done(null, value);
}

/** The first byte of a stream, which stays in it; undefined if it is empty. */
async function peek(body: Readable, signal: AbortSignal): Promise<number | undefined> {
  await once(body, 'readable', { signal });
  const chunk = body.read() as Buffer | null; // no encoding is set
  if (chunk === null) return undefined;
  body.unshift(chunk);
  return chunk[0];
}

/** Counts brackets outside of strings. */
function isDeeperThan(text: string, maxDepth: number): boolean {
  if (text.length <= 2 * maxDepth) return false;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === CHARACTER.backslash) index++;
      else if (code === CHARACTER.quote) inString = false;
    } else if (code === CHARACTER.quote) inString = true;
    else if (code === CHARACTER.openBracket || code === CHARACTER.openBrace) depth++;
    else if (code === CHARACTER.closeBracket || code === CHARACTER.closeBrace) depth--;
    if (depth > maxDepth) return true;
  }
  return false;
}
