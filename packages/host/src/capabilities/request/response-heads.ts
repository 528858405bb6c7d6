import type { Socket } from 'node:net';

/** Most bytes up to the end of an answer's status line, interim answers included. */
const MAX_INTERIM_BYTES = 16_384;

const CONTINUE = /^HTTP\/1\.[01] 100[ \r]/;
/** Bytes that tell an interim answer from others. */
const CONTINUE_LENGTH = 13;

const PROTOCOL = 'HTTP/';
const LINE_FEED = 0x0a;

/** A status line whose text is not ASCII. */
const UNUSUAL_STATUS = /^HTTP\/\d\.\d \d{3} (.*[\x80-\xff].*?)\r?$/;

/** Status text, if it is not ASCII, of the answer that was read last. */
let unusualText: string | undefined;

/**
 * The status text of the answer that undici is reading right now, in Latin-1 as every header.
 *
 * @param text as undici gives it, in UTF-8: what is no UTF-8 is lost in it.
 */
export function readStatusText(text: string): string {
  if (unusualText === undefined || Buffer.from(unusualText, 'latin1').toString() !== text) return text;
  return unusualText;
}

/**
 * Makes a socket pass over what undici takes for a broken answer: a `100 Continue` that nobody
 * asked for (RFC 9110 §15.2: a client has to bear it). It looks at what is read first after
 * something was written: undici writes each request at once, and one at a time.
 */
export function watchHeads(socket: Socket): void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null; // no encoding is set
  // its overloads are as they are
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let head: HeadReader | undefined;
  let text: string | undefined;
  socket.write = (...args: unknown[]) => {
    head ??= new HeadReader();
    return write(...args);
  };
  socket.read = (size?: number) => {
    let chunk = read(size);
    if (chunk !== null && head) {
      chunk = head.add(chunk);
      if (head.isTooLong) socket.destroy(new HeadTooLong());
      if (chunk === null) return null; // what follows makes the socket readable again
      ({ text } = head);
      head = undefined;
    }
    unusualText = text;
    return chunk;
  };
}

class HeadTooLong extends Error {
  readonly code = 'UND_ERR_HEADERS_OVERFLOW';
}

/**
 * Collects the beginning of an answer, as far as its status line, without the interim answers
 * before it.
 */
class HeadReader {
  /** The status text, if it is not ASCII. */
  text: string | undefined;
  /** Whether more bytes have come than an answer may begin with. */
  isTooLong = false;
  #bytes: Buffer | undefined;
  #interimBytes = 0;

  /** @returns what to parse; null while more is needed. */
  add(chunk: Buffer): Buffer | null {
    let bytes = this.#bytes ? Buffer.concat([this.#bytes, chunk]) : chunk;
    for (;;) {
      const start = bytes.toString('latin1', 0, CONTINUE_LENGTH);
      if (!start.startsWith(PROTOCOL) && !PROTOCOL.startsWith(start)) return bytes;
      if (start.length < CONTINUE_LENGTH) return this.#wait(bytes);
      if (!CONTINUE.test(start)) return this.#readStatus(bytes);
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0 || this.#interimBytes > MAX_INTERIM_BYTES) return this.#wait(bytes);
      this.#interimBytes += end + 4;
      bytes = bytes.subarray(end + 4);
    }
  }

  #readStatus(bytes: Buffer): Buffer | null {
    const end = bytes.indexOf(LINE_FEED);
    if (end < 0) return this.#wait(bytes);
    this.text = UNUSUAL_STATUS.exec(bytes.toString('latin1', 0, end))?.[1];
    return bytes;
  }

  #wait(bytes: Buffer): null {
    this.isTooLong = this.#interimBytes + bytes.length > MAX_INTERIM_BYTES;
    this.#bytes = bytes;
    return null;
  }
}
