import { FRAME, RUN } from '../src/quickjs/additions.js';
import { prefetchList } from './prefetch.js';
import { I32, NO_RESULT, OP } from './opcodes.js';
import { BinaryWriter } from './wasm-binary.js';

/*
 * What `instrument.ts` adds to the engine for calls: see `HandlerFunctions` in `additions.ts`. Each
 * entry into an instance costs 0.3 to 0.5 µs if its objects are not in the processor's caches.
 * Through these functions a call enters once instead of three to five times. It is not
 * instrumented, so what it writes leaves no marks.
 */

/** Functions of the engine that are called. */
export const ENGINE_FUNCTIONS = [
  'QTS_bjson_decode',
  'QTS_Call',
  'QTS_PromiseState',
  'QTS_PromiseResult',
  'QTS_bjson_encode',
] as const;
type EngineFunction = (typeof ENGINE_FUNCTIONS)[number];
/** The names under which they are exported. */
export type EngineFunctions = Readonly<Record<EngineFunction, string>>;

const ALIGNED_WORD = 2;
/** Of a JSValue in a 32-bit build. */
const TAG_OFFSET = 4;
const PENDING = 0;
const REJECTED = 2;
const NO_PROMISE = -1;

const [CTX, VALUE_BUFFER, HANDLER, UNDEFINED, FRAME_AT, EXCEPTION, OBJECT, HOW, VALUE, STATE] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
];

/** @param encode the index of {@link encodeFunction}, `prefetch` of `prefetchFunction` */
export function runHandlerFunction(
  indexOf: (name: EngineFunction) => number,
  encode: number,
  prefetch: number,
): Uint8Array {
  const out = new BinaryWriter(256);
  const step = new Steps(out);
  out.raw(1, 2, I32); // VALUE and STATE
  step.get(HOW);
  out.constant(RUN.prefetches);
  out.raw(OP.i32And, OP.if, NO_RESULT);
  prefetchList(out, prefetch);
  out.raw(OP.end);
  decodeArgument(out, step, indexOf);
  callHandler(out, step, indexOf);
  readPromise(out, step, indexOf);
  encodeResult(out, step, encode);
  out.raw(OP.end);
  return out.done();
}

/** Instructions that often occur together. */
class Steps {
  readonly #out: BinaryWriter;

  constructor(out: BinaryWriter) {
    this.#out = out;
  }

  get(...locals: number[]): void {
    for (const local of locals) this.#out.raw(OP.localGet, local);
  }

  call(index: number): void {
    this.#out.local(OP.call, index);
  }

  load(offset: number): void {
    this.#out.raw(OP.i32Load, ALIGNED_WORD, offset);
  }

  store(offset: number): void {
    this.#out.raw(OP.i32Store, ALIGNED_WORD, offset);
  }

  /** Returns VALUE if the word on the stack is not 0. */
  returnValue(): void {
    this.#out.raw(OP.if, NO_RESULT, OP.localGet, VALUE, OP.return, OP.end);
  }

  /** Returns VALUE if it is 0 or an exception. */
  returnFailure(): void {
    this.get(VALUE);
    this.#out.raw(OP.i32Eqz);
    this.returnValue();
    this.get(VALUE);
    this.load(TAG_OFFSET);
    this.get(EXCEPTION);
    this.#out.raw(OP.i32Eq);
    this.returnValue();
  }
}

function decodeArgument(out: BinaryWriter, step: Steps, indexOf: (name: EngineFunction) => number): void {
  step.get(FRAME_AT);
  out.constant(0);
  step.store(FRAME.encoded);
  step.get(FRAME_AT, CTX, VALUE_BUFFER);
  step.call(indexOf('QTS_bjson_decode'));
  step.store(FRAME.argument);
  step.get(FRAME_AT);
  step.load(FRAME.argument);
  out.raw(OP.localSet, VALUE);
  step.returnFailure();
}

function callHandler(out: BinaryWriter, step: Steps, indexOf: (name: EngineFunction) => number): void {
  step.get(CTX, HANDLER, UNDEFINED);
  out.constant(1);
  step.get(FRAME_AT); // its first word is the list of arguments
  step.call(indexOf('QTS_Call'));
  out.raw(OP.localSet, VALUE);
  step.returnFailure();
  step.get(FRAME_AT, VALUE);
  step.store(FRAME.value);
}

/** What was returned may be a promise: reads its state, and its result unless it is pending. */
function readPromise(out: BinaryWriter, step: Steps, indexOf: (name: EngineFunction) => number): void {
  out.constant(NO_PROMISE);
  out.raw(OP.localSet, STATE);
  step.get(VALUE);
  step.load(TAG_OFFSET);
  step.get(OBJECT);
  out.raw(OP.i32Eq, OP.if, NO_RESULT);
  step.get(CTX, VALUE);
  step.call(indexOf('QTS_PromiseState'));
  out.raw(OP.localSet, STATE, OP.end);
  step.get(FRAME_AT, STATE);
  step.store(FRAME.state);
  step.get(STATE);
  out.constant(PENDING);
  out.raw(OP.i32Eq);
  step.returnValue();
  step.get(STATE);
  out.constant(NO_PROMISE);
  out.raw(OP.i32Eq, OP.i32Eqz, OP.if, NO_RESULT);
  step.get(FRAME_AT, CTX, VALUE);
  step.call(indexOf('QTS_PromiseResult'));
  step.store(FRAME.value);
  out.raw(OP.end);
}

/** Encodes the result, unless it is an error or is not to be encoded. */
function encodeResult(out: BinaryWriter, step: Steps, encode: number): void {
  step.get(STATE);
  out.constant(REJECTED);
  out.raw(OP.i32Eq);
  step.get(HOW);
  out.constant(RUN.encodes);
  out.raw(OP.i32And, OP.i32Eqz, OP.i32Or);
  step.get(FRAME_AT);
  step.load(FRAME.value); // 0 if the heap was too full for it
  out.raw(OP.i32Eqz, OP.i32Or);
  step.returnValue();
  step.get(FRAME_AT, CTX, FRAME_AT);
  step.load(FRAME.value);
  step.call(encode);
  step.store(FRAME.encoded);
  step.get(VALUE);
}

/** @param strict the index of the global */
export function encodeFunction(indexOf: (name: EngineFunction) => number, strict: number): Uint8Array {
  const out = new BinaryWriter(32);
  const setStrict = (value: number): void => {
    out.constant(value);
    out.local(OP.globalSet, strict);
  };
  out.u32(0);
  setStrict(1);
  out.raw(OP.localGet, 0, OP.localGet, 1);
  out.local(OP.call, indexOf('QTS_bjson_encode'));
  setStrict(0);
  out.raw(OP.end);
  return out.done();
}
