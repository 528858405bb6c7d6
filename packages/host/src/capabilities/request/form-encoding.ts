import { bodyTooLarge } from './failure.js';
import type { FormField } from './form.js';

/**
 * Bytes that stay as they are. Source: URL standard, "application/x-www-form-urlencoded
 * percent-encode set".
 */
const PLAIN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(/[A-Za-z0-9*._-]/.test(String.fromCharCode(byte))),
);
const HEX: Buffer = Buffer.from('0123456789ABCDEF');

const CODE = { lineFeed: 0x0a, carriageReturn: 0x0d, space: 0x20, quote: 0x22, percent: 0x25, plus: 0x2b } as const;

/**
 * Writes fields as `application/x-www-form-urlencoded`, as URLSearchParams does but up to a limit
 * and ten times as fast.
 *
 * @throws {CapabilityError} `E_QUOTA` beyond `maxBytes`.
 */
export function encodeUrlencoded(fields: readonly FormField[], maxBytes: number): Uint8Array {
  const out = new BoundedBytes(maxBytes);
  fields.forEach(([name, value], index) => {
    if (index > 0) out.text('&');
    out.percentEncoded(name);
    out.text('=');
    out.percentEncoded(value);
  });
  return out.taken();
}

/**
 * Writes fields as `multipart/form-data` (WHATWG HTML, "multipart/form-data encoding algorithm").
 *
 * @throws {CapabilityError} `E_QUOTA` beyond `maxBytes`.
 */
export function encodeMultipart(
  fields: readonly FormField[],
  maxBytes: number,
): { body: Uint8Array; contentType: string } {
  const boundary = `----sandglass-${Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex')}`;
  const out = new BoundedBytes(maxBytes);
  for (const [name, value] of fields) {
    out.text(`--${boundary}\r\nContent-Disposition: form-data; name="`);
    out.partName(name);
    out.text('"\r\n\r\n');
    out.lines(value);
    out.text('\r\n');
  }
  out.text(`--${boundary}--\r\n`);
  return { body: out.taken(), contentType: `multipart/form-data; boundary=${boundary}` };
}

/** Bytes that grow up to a limit. */
class BoundedBytes {
  readonly #maxBytes: number;
  #bytes: Buffer = Buffer.allocUnsafe(4_096);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  text(text: string): void {
    this.#reserve(Buffer.byteLength(text));
    this.#length += this.#bytes.write(text, this.#length);
  }

  percentEncoded(text: string): void {
    const bytes = Buffer.from(text);
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index]!; // in range
      if (PLAIN[byte] === 1) this.#push(byte);
      else if (byte === CODE.space) this.#push(CODE.plus);
      else this.#escape(byte);
    }
  }

  /** A name in quotes: what would end it is percent-encoded. */
  partName(text: string): void {
    this.#eachLine(Buffer.from(text), (byte) => {
      if (byte === CODE.quote || byte === CODE.lineFeed || byte === CODE.carriageReturn) this.#escape(byte);
      else this.#push(byte);
    });
  }

  /** A text whose lines end in CRLF. */
  lines(text: string): void {
    if (!/[\r\n]/.test(text)) return this.text(text);
    this.#eachLine(Buffer.from(text), (byte) => this.#push(byte));
  }

  /** Hands on each byte, and CR and LF for whatever ends a line. */
  #eachLine(bytes: Buffer, write: (byte: number) => void): void {
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index]!; // in range
      if (byte !== CODE.carriageReturn && byte !== CODE.lineFeed) {
        write(byte);
        continue;
      }
      write(CODE.carriageReturn);
      write(CODE.lineFeed);
      if (byte === CODE.carriageReturn && bytes[index + 1] === CODE.lineFeed) index++;
    }
  }

  #escape(byte: number): void {
    this.#push(CODE.percent);
    this.#push(HEX[byte >> 4]!); // of 16
    this.#push(HEX[byte & 15]!);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed > this.#maxBytes) throw bodyTooLarge(`over ${this.#maxBytes} bytes (maxRequestBytes)`);
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.min(this.#maxBytes, Math.max(needed, 2 * this.#bytes.length)));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
