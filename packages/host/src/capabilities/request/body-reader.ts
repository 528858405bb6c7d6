import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

import { networkFailure, tooLarge } from './failure.js';
import type { BodyBytes } from './body-bytes.js';

/** Encodings on top of each other. Real servers use one. */
const MAX_ENCODINGS = 3;

/**
 * First byte of deflate with a zlib header; assumed below another encoding, where nobody has
 * looked.
 */
const ZLIB_HEADER = 0x78;

type Decoder = (firstByte: number) => Transform;

/**
 * Servers leave out the end of what they encode, and clients give what is there: curl, browsers,
 * axios.
 */
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH } as const;
const LENIENT_BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
} as const;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', () => createGunzip(LENIENT)],
  ['x-gzip', () => createGunzip(LENIENT)],
  // Servers send deflate with a zlib header or bare (RFC 9110 §8.4.1.2); the low bits of the first
  // byte tell.
  ['deflate', (firstByte) => ((firstByte & 0x0f) === 8 ? createInflate(LENIENT) : createInflateRaw(LENIENT))],
  ['br', () => createBrotliDecompress(LENIENT_BROTLI)],
]);

export interface BodyReaderOptions {
  url: URL;
  /**
   * Value of `content-encoding`. A name that is unknown, such as `none` or `utf-8`, encodes
   * nothing.
   */
  encoding: string;
  /** Bytes as received, and bytes decoded: each may not exceed it. */
  maxBytes: number;
  held: BodyBytes;
  /** Gets the body, once. */
  onEnd: (body: Buffer) => void;
  /** Gets an error of `CapabilityError` or of zlib, once, in place of a body. */
  onError: (error: Error) => void;
}

/**
 * Collects a response's body, decoded while it arrives, up to a limit before and after decoding.
 */
export class BodyReader {
  /** Whether `content-encoding` said something that this undoes. */
  readonly isEncoded: boolean;
  readonly #options: BodyReaderOptions;
  readonly #encodings: Decoder[];
  readonly #bytes: GrowingBytes;
  #decoders: Transform[] | undefined;
  #received = 0;
  #decoded = 0;

  /** @throws {CapabilityError} for too many encodings. */
  constructor(options: BodyReaderOptions) {
    this.#options = options;
    this.#bytes = new GrowingBytes(options.held);
    this.#encodings = options.encoding === '' ? [] : findDecoders(options);
    this.isEncoded = this.#encodings.length > 0;
  }

  /** @throws {CapabilityError} `E_QUOTA` at the byte that is one too many. */
  add(chunk: Buffer): void {
    const { url, maxBytes, held } = this.#options;
    if (chunk.length === 0) return;
    this.#received += chunk.length;
    if (this.#received > maxBytes) throw tooLarge(url, `over ${maxBytes} bytes (maxResponseBytes)`);
    if (!this.isEncoded) return this.#bytes.add(chunk);
    held.add(chunk.length); // the decoder's, until it is decoded
    this.#decoders ??= this.#connect(chunk[0]!); // it is not empty
    this.#decoders[0]!.write(chunk); // at least one; what it queues is bounded above
  }

  /** The response is complete. */
  end(): void {
    const first = this.#decoders?.[0];
    if (first) first.end();
    else this.#options.onEnd(this.#bytes.taken());
  }

  /** Lets go of decoders and bytes. */
  destroy(): void {
    for (const decoder of this.#decoders ?? []) decoder.destroy();
  }

  #connect(firstByte: number): Transform[] {
    const { onEnd, onError } = this.#options;
    const decoders = this.#encodings.map((decoder, index) => decoder(index === 0 ? firstByte : ZLIB_HEADER));
    decoders.forEach((decoder, index) => {
      const next = decoders[index + 1];
      decoder.on('error', onError);
      if (next) decoder.pipe(next);
      else decoder.on('data', (chunk: Buffer) => this.#keep(chunk)).on('end', () => onEnd(this.#bytes.taken()));
    });
    return decoders;
  }

  #keep(chunk: Buffer): void {
    const { url, maxBytes, onError } = this.#options;
    this.#decoded += chunk.length;
    try {
      if (this.#decoded > maxBytes) throw tooLarge(url, `over ${maxBytes} bytes decoded (maxResponseBytes)`);
      this.#bytes.add(chunk);
    } catch (error) {
      this.destroy();
      onError(error as Error); // a CapabilityError
    }
  }
}

/** Decoders in the order to apply them: the last one encoded comes off first. */
function findDecoders({ url, encoding }: BodyReaderOptions): Decoder[] {
  const names = encoding.toLowerCase().split(',', MAX_ENCODINGS + 1);
  const known = names.map((name) => DECODERS.get(name.trim())).filter((decoder) => decoder !== undefined);
  if (names.length <= MAX_ENCODINGS) return known.toReversed();
  throw networkFailure(url, `its content has over ${MAX_ENCODINGS} encodings`, undefined, 'ERR_BAD_RESPONSE');
}

/** Bytes in one buffer: a response may come in pieces of one byte, and each piece is an object. */
class GrowingBytes {
  readonly #held: BodyBytes;
  /** The first piece as it came, then a buffer of its own. */
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(held: BodyBytes) {
    this.#held = held;
  }

  taken(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (this.#length === 0) {
      this.#held.add(length);
      this.#bytes = chunk;
    } else {
      if (length > this.#bytes.length) this.#grow(length);
      chunk.copy(this.#bytes, this.#length);
    }
    this.#length = length;
  }

  #grow(length: number): void {
    const larger = Math.max(length, 2 * this.#bytes.length, 4_096);
    this.#held.add(larger - this.#bytes.length);
    const bytes = Buffer.allocUnsafeSlow(larger);
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }
}
