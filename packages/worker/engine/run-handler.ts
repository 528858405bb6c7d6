import { FRAME } from '../src/quickjs/additions.js';
import type { IndexOf } from './engine-functions.js';
import { prefetchIf } from './prefetch.js';
import { I32, OP } from './opcodes.js';
import { NO_PROMISE } from './read-result.js';
import { Steps } from './steps.js';
import { BinaryWriter } from './wasm-binary.js';

/*
 * What `instrument.ts` adds to the engine for calls: see `HandlerFunctions` in `additions.ts`. Each
 * entry into an instance costs 0.3 to 0.5 µs if its objects are not in the processor's caches.
 * Through these functions a call enters once instead of three to five times. It is not
 * instrumented, so what it writes leaves no marks.
 */

/** The indices of functions that are added. */
export interface HandlerParts {
  prefetch: number;
  readResult: number;
}

const [CTX, VALUE_BUFFER, HANDLER, UNDEFINED, FRAME_AT, EXCEPTION, OBJECT, HOW, VALUE] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

export function runHandlerFunction(indexOf: IndexOf, { prefetch, readResult }: HandlerParts): Uint8Array {
  const out = new BinaryWriter(256);
  const step = new Steps(out);
  const returnFailure = (): void => {
    step.isFailure(VALUE, EXCEPTION);
    step.returnIf(() => step.get(VALUE));
  };
  out.raw(1, 1, I32); // VALUE
  prefetchIf(out, HOW, prefetch);
  step.get(FRAME_AT);
  out.constant(0);
  step.store(FRAME.encoded);
  step.get(FRAME_AT, CTX, VALUE_BUFFER);
  step.call(indexOf('QTS_bjson_decode'));
  step.store(FRAME.argument);
  step.get(FRAME_AT);
  step.load(FRAME.argument);
  step.set(VALUE);
  returnFailure();

  step.callGuest([CTX, HANDLER, UNDEFINED], FRAME_AT, indexOf('QTS_Call'));
  step.set(VALUE);
  returnFailure();

  step.get(FRAME_AT);
  out.constant(NO_PROMISE);
  step.store(FRAME.state);
  step.loadTag(VALUE);
  step.get(OBJECT);
  out.raw(OP.i32Eq);
  step.when(() => {
    step.get(FRAME_AT, CTX, VALUE);
    step.call(indexOf('QTS_PromiseState'));
    step.store(FRAME.state);
  });
  step.get(CTX, VALUE, FRAME_AT, HOW);
  step.call(readResult);
  out.raw(OP.drop);
  step.get(VALUE);
  out.raw(OP.end);
  return out.done();
}
