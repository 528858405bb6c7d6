import type { CardFunctions } from './memory/cards.js';

/*
 * What the build adds to the engine's binary (`engine/instrument.ts`), as this side sees it.
 */

/** What a call is run with: see `engine/run-handler.ts` and `engine/settle-promise.ts`. */
export interface HandlerFunctions {
  /**
   * Decodes an argument, calls a handler with it and encodes what it comes to, unless that is still
   * open or an error.
   *
   * @param valueBuffer the ArrayBuffer with the encoded argument.
   * @param frame four words for what comes of it, see {@link FRAME}.
   * @param exceptionTag `objectTag`: see `Layout`.
   * @param how of {@link RUN}, added up.
   * @returns what the handler returned; an exception, or 0, if it or the decoding failed.
   */
  runHandler: (
    ...args: [
      ctx: number,
      valueBuffer: number,
      handler: number,
      undefinedValue: number,
      frame: number,
      exceptionTag: number,
      objectTag: number,
      how: number,
    ]
  ) => number;
  /**
   * Settles a promise of the guest, runs the jobs that waited for it, {@link JOBS_PER_ROUND} at the
   * most, and encodes what the promise of its handler comes to, unless that is still open or an
   * error.
   *
   * @param valueBuffer the ArrayBuffer with the encoded value.
   * @param parse is called with that value and returns the one to settle with; 0 for none.
   * @param given in place of what is in the buffer; 0 for that.
   * @param settler the promise's resolving function.
   * @param frame see {@link FRAME}. Its argument, if nothing is settled: what failed.
   * @param freed address of a list of values to free before, `freedLater` of one to free before the
   *   jobs, which ends at `freedEnd`. They follow one another.
   * @param promise of the handler; 0 if nobody asks.
   * @param how of {@link RUN}, added up.
   * @returns 0 if the value cannot be decoded or parsed.
   */
  settlePromise: (
    ...args: [
      ctx: number,
      runtime: number,
      valueBuffer: number,
      parse: number,
      given: number,
      settler: number,
      undefinedValue: number,
      frame: number,
      freed: number,
      freedLater: number,
      freedEnd: number,
      promise: number,
      exceptionTag: number,
      how: number,
    ]
  ) => number;
  /** Encodes a value, with {@link strict} set. @returns an ArrayBuffer or an exception */
  encode: (ctx: number, value: number) => number;
  /** 1 while a value is encoded. */
  strict: WebAssembly.Global<'i32'>;
}

/** Promise jobs between two looks at the limits; each job is interruptible by itself. */
export const JOBS_PER_ROUND = 64;

/** How a handler is run. */
export const RUN = {
  /** What it comes to is encoded. */
  encodes: 1,
  /** What the call will probably write to is read first: see `engine/prefetch.ts`. */
  prefetches: 2,
} as const;

/** The words of a frame, by byte. */
export const FRAME = {
  argument: 0,
  /**
   * What was returned; the promise's result if it was a settled promise. Not set after an
   * exception.
   */
  value: 4,
  /** What that is, encoded; 0 if it was not. May be an exception. */
  encoded: 8,
  /** Of a promise; -1 for anything else. */
  state: 12,
} as const;
export const FRAME_BYTES = 16;

/**
 * How one instance enters another: see `instance-table.ts`. It touches no memory: whatever becomes
 * of its sandbox, an instance can own the table.
 */
export interface TableFunctions {
  /** Three indices for each entry: a `runHandler`, a `restoreCards` and a `settlePromise`. */
  table: WebAssembly.Table;
  /** Calls the `runHandler` at an index. */
  enterHandler: (...args: [...Parameters<HandlerFunctions['runHandler']>, index: number]) => number;
  /** Calls the `restoreCards` at an index. */
  enterRestoreCards: (...args: [...Parameters<CardFunctions['restoreCards']>, index: number]) => number;
  /** Calls the `settlePromise` at an index. */
  enterSettlePromise: (...args: [...Parameters<HandlerFunctions['settlePromise']>, index: number]) => number;
}

/**
 * What the engine asks through its poll, added to the address of {@link QUESTION_BYTES}: odd, where
 * a runtime's address is not. See `engine/mend.ts`.
 */
export const QUESTION = {
  /** To print a number. */
  print: 1,
  /** To read one from a text. */
  parse: 3,
  /** A promise is rejected, and nobody handles it yet. */
  rejected: 5,
  /** Somebody handles it now. */
  handled: 7,
} as const;
export const QUESTION_MASK = 7;

/** What a question is about, by byte. The text of a number begins in the place of it. */
export const QUESTION_BYTES = {
  number: 0,
  radix: 8,
  flags: 12,
  text: 12,
  end: 16,
  promise: 0,
  reason: 8,
  /** The longest text is that of a small number in radix two: 1,100 digits. */
  all: 1_280,
} as const;

/** Of a question about a rejection: two values. */
export const REJECTION_BYTES = 16;

/** All that is added. */
export interface AddedFunctions extends CardFunctions, HandlerFunctions, TableFunctions {
  /** Has a runtime tell of rejections. @param at for {@link REJECTION_BYTES} */
  trackRejections: (runtime: number, at: number) => void;
  /**
   * The secret that hashes depend on, odd: see `engine/seed-hashes.ts`. Set before anything is
   * hashed.
   */
  hashSeed: WebAssembly.Global<'i32'>;
}
