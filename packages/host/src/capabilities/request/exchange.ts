import type { Dispatcher } from 'undici';

import { BodyReader } from './body-reader.js';
import type { BodyBytes } from './body-bytes.js';
import { readStatusText } from './response-heads.js';
import type { OutgoingRequest } from './outgoing-request.js';

/** Body of a redirect that is read to keep the connection; a longer one ends it. */
const MAX_REDIRECT_BODY_BYTES = 16_384;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Answers whose `content-length` tells of a body that does not come (RFC 9110 §8.6). Undici waits
 * for it.
 */
const NO_BODY: ReadonlySet<number> = new Set([204, 304]);

type ReceivedHeaders = Record<string, string | string[] | undefined>;

/** An answer to one request. */
export interface HttpAnswer {
  status: number;
  statusText: string;
  headers: ReceivedHeaders;
  /** Where a redirect leads, as its header says; empty if the answer is none. */
  location: string;
  /** Decoded. Empty for a redirect. */
  body: Buffer;
  isEncoded: boolean;
}

export interface ExchangeOptions {
  url: URL;
  maxResponseBytes: number;
  held: BodyBytes;
}

/**
 * One request on the wire and the answer to it. It is undici's handler itself: a stream, a signal
 * and their listeners for each request took longer than the request.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Rejects with what `abort` was given, a `CapabilityError`, or what undici or zlib say. */
  readonly answer: Promise<HttpAnswer>;
  readonly #options: ExchangeOptions;
  #resolve!: (answer: HttpAnswer) => void;
  #reject!: (error: Error) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #answer: HttpAnswer | undefined;
  #reader: BodyReader | undefined;
  /** Bytes of a redirect's body that may still come. */
  #dumped = MAX_REDIRECT_BODY_BYTES;
  #failure: Error | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Sends the request. The method is one of the scope's. */
  start(dispatcher: Dispatcher, { url, method, headers, body }: OutgoingRequest): void {
    if (this.#failure) return;
    const path = url.pathname + url.search;
    dispatcher.dispatch({ origin: url.origin, path, method: method as Dispatcher.HttpMethod, headers, body }, this);
  }

  /** Ends it, wherever it is. No effect once there is an answer. */
  abort(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#reader?.destroy();
    this.#reject(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure) controller.abort(this.#failure);
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: ReceivedHeaders,
    statusMessage?: string,
  ): void {
    if (status < 200) return; // something like 103 before the answer
    const location = REDIRECTS.has(status) ? firstOf(headers['location']) : '';
    const statusText = readStatusText(statusMessage ?? '');
    const answer = { status, statusText, headers, location, body: NOTHING, isEncoded: false };
    this.#answer = answer;
    if (location === '') this.#read(answer, firstOf(headers['content-encoding']));
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#reader) {
      try {
        this.#reader.add(chunk);
      } catch (error) {
        this.abort(error as Error); // a CapabilityError
      }
    } else if ((this.#dumped -= chunk.length) < 0) this.#finish();
  }

  onResponseEnd(): void {
    if (this.#reader) this.#reader.end();
    else this.#finish();
  }

  onResponseError(_: unknown, error: Error): void {
    // a redirect whose body failed leads on all the same
    if (this.#answer && !this.#reader) this.#finish();
    else if (this.#answer && NO_BODY.has(this.#answer.status) && isLengthMismatch(error)) this.#reader!.end();
    else this.abort(error);
  }

  #read(answer: HttpAnswer, encoding: string): void {
    const { url, maxResponseBytes, held } = this.#options;
    try {
      this.#reader = new BodyReader({
        url,
        encoding,
        maxBytes: maxResponseBytes,
        held,
        onEnd: (body) => {
          answer.body = body;
          this.#resolve(answer);
        },
        onError: (error) => this.abort(error),
      });
      answer.isEncoded = this.#reader.isEncoded;
    } catch (error) {
      this.abort(error as Error); // a CapabilityError
    }
  }

  /** Resolves a redirect, and ends its connection if its body goes on. */
  #finish(): void {
    this.#resolve(this.#answer!); // its head was read
    if (this.#dumped < 0) this.abort(new Error('The body of a redirect is of no interest'));
  }
}

const NOTHING: Buffer = Buffer.alloc(0);

function isLengthMismatch(error: Error): boolean {
  return 'code' in error && error.code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
}

/** The first of a header's values. Two of a kind are never both meant. */
function firstOf(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
