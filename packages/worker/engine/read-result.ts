import { FRAME, RUN } from '../src/quickjs/additions.js';
import type { IndexOf } from './engine-functions.js';
import { OP } from './opcodes.js';
import { Steps } from './steps.js';
import { BinaryWriter } from './wasm-binary.js';

const PENDING = 0;
const REJECTED = 2;

/** Of a value that is no promise. */
export const NO_PROMISE = -1;

const [CTX, VALUE, FRAME_AT, HOW] = [0, 1, 2, 3];

/**
 * `(ctx, value, frame, how) → i32`: what a value comes to whose state is in the frame. Puts the
 * result of a promise that is settled there, and what that or the value is, encoded. Comes to 0.
 *
 * @param encode the index of {@link encodeFunction}.
 */
export function readResultFunction(indexOf: IndexOf, encode: number): Uint8Array {
  const out = new BinaryWriter(128);
  const step = new Steps(out);
  const isState = (state: number): void => {
    step.get(FRAME_AT);
    step.load(FRAME.state);
    out.constant(state);
    out.raw(OP.i32Eq);
  };
  const returnIf = (): void => step.returnIf(() => out.constant(0));
  out.u32(0); // no locals
  step.get(FRAME_AT, VALUE);
  step.store(FRAME.value);
  isState(PENDING);
  returnIf();
  isState(NO_PROMISE);
  out.raw(OP.i32Eqz);
  step.when(() => {
    step.get(FRAME_AT, CTX, VALUE);
    step.call(indexOf('QTS_PromiseResult'));
    step.store(FRAME.value);
  });
  isState(REJECTED); // an error is not encoded here
  step.get(HOW);
  out.constant(RUN.encodes);
  out.raw(OP.i32And, OP.i32Eqz, OP.i32Or);
  step.get(FRAME_AT);
  step.load(FRAME.value); // 0 if the heap was too full for it
  out.raw(OP.i32Eqz, OP.i32Or);
  returnIf();
  step.get(FRAME_AT, CTX, FRAME_AT);
  step.load(FRAME.value);
  step.call(encode);
  step.store(FRAME.encoded);
  out.constant(0);
  out.raw(OP.end);
  return out.done();
}

/** @param strict the index of the global */
export function encodeFunction(indexOf: IndexOf, strict: number): Uint8Array {
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
