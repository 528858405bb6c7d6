import { FRAME, JOBS_PER_ROUND } from '../src/quickjs/additions.js';
import type { IndexOf } from './engine-functions.js';
import { I32, NO_RESULT, OP } from './opcodes.js';
import { prefetchIf } from './prefetch.js';
import type { HandlerParts } from './run-handler.js';
import { Steps } from './steps.js';
import { BinaryWriter } from './wasm-binary.js';

const WORD_BYTES = 4;

const [CTX, RT, VALUE_BUFFER, PARSE, GIVEN, SETTLER, UNDEFINED, FRAME_AT] = [0, 1, 2, 3, 4, 5, 6, 7];
const [FREED, FREED_LATER, FREED_END, PROMISE, EXCEPTION, HOW, VALUE, AT] = [8, 9, 10, 11, 12, 13, 14, 15];

/**
 * `HandlerFunctions.settlePromise` of `additions.ts`. Through it an answer enters its instance once
 * instead of some fifteen times. It is not instrumented either.
 */
export function settlePromiseFunction(indexOf: IndexOf, { prefetch, readResult }: HandlerParts): Uint8Array {
  const out = new BinaryWriter(512);
  const step = new Steps(out);
  const writer = new Settling(out, step, indexOf);
  out.raw(1, 2, I32); // VALUE and AT
  prefetchIf(out, HOW, prefetch);
  writer.freeList(FREED, FREED_LATER);
  step.get(GIVEN);
  step.set(VALUE);
  writer.unlessGiven(() => writer.decode());
  writer.callWithValue(SETTLER);
  writer.freeResult();
  writer.unlessGiven(() => {
    step.get(VALUE);
    writer.freeResult();
  });
  writer.freeList(FREED_LATER, FREED_END);
  writer.runJobs();
  step.get(PROMISE);
  step.when(() => {
    step.get(FRAME_AT, CTX, PROMISE);
    step.call(indexOf('QTS_PromiseState'));
    step.store(FRAME.state);
    step.get(CTX, PROMISE, FRAME_AT, HOW);
    step.call(readResult);
    out.raw(OP.drop);
  });
  out.constant(1);
  out.raw(OP.end);
  return out.done();
}

/** The steps of the function. */
class Settling {
  readonly #out: BinaryWriter;
  readonly #step: Steps;
  readonly #indexOf: IndexOf;

  constructor(out: BinaryWriter, step: Steps, indexOf: IndexOf) {
    this.#out = out;
    this.#step = step;
    this.#indexOf = indexOf;
  }

  unlessGiven(write: () => void): void {
    this.#step.get(GIVEN);
    this.#out.raw(OP.i32Eqz);
    this.#step.when(write);
  }

  /** Makes the value out of the buffer, and returns if that fails. */
  decode(): void {
    const step = this.#step;
    step.get(CTX, VALUE_BUFFER);
    step.call(this.#indexOf('QTS_bjson_decode'));
    step.set(VALUE);
    this.#returnFailure();
    step.get(PARSE);
    step.when(() => {
      this.callWithValue(PARSE);
      step.get(VALUE);
      this.freeResult(); // what was called with
      step.set(VALUE);
      this.#returnFailure();
    });
  }

  /** Calls a function with the value, and leaves on the stack what it returned. */
  callWithValue(target: number): void {
    const step = this.#step;
    step.get(FRAME_AT, VALUE);
    step.store(FRAME.argument);
    step.callGuest([CTX, target, UNDEFINED], FRAME_AT, this.#indexOf('QTS_Call'));
  }

  runJobs(): void {
    const step = this.#step;
    step.get(RT);
    this.#out.constant(JOBS_PER_ROUND);
    step.get(FRAME_AT); // gets the context of the last one, which is the only one
    step.call(this.#indexOf('QTS_ExecutePendingJob'));
    this.freeResult();
  }

  /** Frees the values of a list in memory. */
  freeList(from: number, end: number): void {
    const out = this.#out;
    const step = this.#step;
    step.get(from);
    step.set(AT);
    out.raw(OP.loop, NO_RESULT);
    step.get(AT, end);
    out.raw(OP.i32LtU);
    step.when(() => {
      step.get(AT);
      step.load(0);
      this.freeResult();
      step.get(AT);
      out.constant(WORD_BYTES);
      out.raw(OP.i32Add);
      step.set(AT);
      out.raw(OP.br, 1); // the loop's, around this condition
    });
    out.raw(OP.end);
  }

  /** Frees the value on the stack; 0 is none. */
  freeResult(): void {
    const step = this.#step;
    step.set(FREED);
    step.get(FREED);
    step.when(() => {
      step.get(CTX, FREED);
      step.call(this.#indexOf('QTS_FreeValuePointer'));
    });
  }

  /** Returns 0 if there is no value, which the frame has then: an exception, or 0. */
  #returnFailure(): void {
    const step = this.#step;
    step.isFailure(VALUE, EXCEPTION);
    step.when(() => {
      step.get(FRAME_AT, VALUE);
      step.store(FRAME.argument);
      this.#out.constant(0);
      this.#out.raw(OP.return);
    });
  }
}
