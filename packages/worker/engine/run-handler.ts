import { FRAME } from '../src/quickjs/additions.js';
import { prefetchList } from './prefetch.js';
import { BinaryWriter } from './wasm-binary.js';

/*
 * What `instrument.ts` adds to the engine for calls: see `HandlerFunctions` in `additions.ts`. Each entry into an instance costs 0.3 to 0.5 µs
 * when its objects are not in the processor's caches, so a call has one where it would have three to five. It is not instrumented, so what it
 * writes leaves no marks.
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

const I32 = 0x7f;
const NO_RESULT = 0x40;
const ALIGNED_WORD = 2;
/** Of a JSValue in a 32-bit build. */
const TAG_OFFSET = 4;
const PENDING = 0;
const REJECTED = 2;
const NO_PROMISE = -1;

const OP = {
  if: 0x04,
  end: 0x0b,
  return: 0x0f,
  call: 0x10,
  get: 0x20,
  set: 0x21,
  setGlobal: 0x24,
  load: 0x28,
  store: 0x36,
  eqz: 0x45,
  eq: 0x46,
  or: 0x72,
};

const [CTX, INBOX, HANDLER, UNDEFINED, FRAME_AT, EXCEPTION, OBJECT, ENCODES, VALUE, STATE] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
];

/** @param encode the index of {@link encodeFunction}, `prefetch` of `prefetchFunction` */
export function runHandlerFunction(
  indexOf: (name: EngineFunction) => number,
  encode: number,
  prefetch: number,
): Uint8Array {
  const out = new BinaryWriter(256);
  out.raw(1, 2, I32); // VALUE and STATE
  const get = (...locals: number[]): void => {
    for (const local of locals) out.raw(OP.get, local);
  };
  const call = (index: number): void => out.local(OP.call, index);
  const load = (offset: number): void => out.raw(OP.load, ALIGNED_WORD, offset);
  const store = (offset: number): void => out.raw(OP.store, ALIGNED_WORD, offset);
  const returnValue = (): void => out.raw(OP.if, NO_RESULT, OP.get, VALUE, OP.return, OP.end);
  const returnFailure = (): void => {
    get(VALUE);
    out.raw(OP.eqz);
    returnValue();
    get(VALUE);
    load(TAG_OFFSET);
    get(EXCEPTION);
    out.raw(OP.eq);
    returnValue();
  };

  prefetchList(out, prefetch);
  get(FRAME_AT);
  out.constant(0);
  store(FRAME.encoded);
  get(FRAME_AT, CTX, INBOX);
  call(indexOf('QTS_bjson_decode'));
  store(FRAME.argument);
  get(FRAME_AT);
  load(FRAME.argument);
  out.raw(OP.set, VALUE);
  returnFailure();
  get(CTX, HANDLER, UNDEFINED);
  out.constant(1);
  get(FRAME_AT); // its first word is the list of arguments
  call(indexOf('QTS_Call'));
  out.raw(OP.set, VALUE);
  returnFailure();
  get(FRAME_AT, VALUE);
  store(FRAME.value);
  out.constant(NO_PROMISE);
  out.raw(OP.set, STATE);
  get(VALUE);
  load(TAG_OFFSET);
  get(OBJECT);
  out.raw(OP.eq, OP.if, NO_RESULT);
  get(CTX, VALUE);
  call(indexOf('QTS_PromiseState'));
  out.raw(OP.set, STATE, OP.end);
  get(FRAME_AT, STATE);
  store(FRAME.state);
  get(STATE);
  out.constant(PENDING);
  out.raw(OP.eq);
  returnValue();
  get(STATE);
  out.constant(NO_PROMISE);
  out.raw(OP.eq, OP.eqz, OP.if, NO_RESULT);
  get(FRAME_AT, CTX, VALUE);
  call(indexOf('QTS_PromiseResult'));
  store(FRAME.value);
  out.raw(OP.end);
  get(STATE);
  out.constant(REJECTED);
  out.raw(OP.eq);
  get(ENCODES);
  out.raw(OP.eqz, OP.or);
  get(FRAME_AT);
  load(FRAME.value); // 0 if the heap was too full for it
  out.raw(OP.eqz, OP.or);
  returnValue();
  get(FRAME_AT, CTX, FRAME_AT);
  load(FRAME.value);
  call(encode);
  store(FRAME.encoded);
  get(VALUE);
  out.raw(OP.end);
  return out.done();
}

/** @param strict the index of the global */
export function encodeFunction(indexOf: (name: EngineFunction) => number, strict: number): Uint8Array {
  const out = new BinaryWriter(32);
  const setStrict = (value: number): void => {
    out.constant(value);
    out.local(OP.setGlobal, strict);
  };
  out.u32(0);
  setStrict(1);
  out.raw(OP.get, 0, OP.get, 1);
  out.local(OP.call, indexOf('QTS_bjson_encode'));
  setStrict(0);
  out.raw(OP.end);
  return out.done();
}
