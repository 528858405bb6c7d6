import { QUESTION, QUESTION_BYTES } from '../src/quickjs/additions.js';
import { F64, I32, I64, NO_RESULT, OP } from './opcodes.js';
import { BinaryWriter } from './wasm-binary.js';

/*
 * The functions that `mend.ts` puts in the place of the engine's own, or adds. A question goes to
 * the host through its poll: its words lie on the C stack, below what is used.
 */

/** emscripten's stack pointer is its first global. */
const STACK_POINTER = 0;
const WORD = 2;
const DOUBLE = 3;

interface Calls {
  /** The engine's own function. */
  stock: number;
  poll: number;
}

/** `JS_DTOA_FORMAT_MASK`; 0 is as few digits as there must be. */
const FORMAT_MASK = 3;
const RADIX = 10;
/** Bits of a double before its fraction. */
const SIGN_AND_EXPONENT_BITS = 12;

/** `(ctx, number, radix, digits, flags) → JSValue`: asks for what the engine gets wrong. */
export function printFunction(calls: Calls & { newString: number; free: number }): Uint8Array {
  const [ctx, number, radix, digits, flags, sp, text, result] = [0, 1, 2, 3, 4, 5, 6, 7];
  const out = new BinaryWriter(256);
  out.raw(2, 2, I32, 1, I64); // sp and text; result
  out.raw(OP.localGet, flags);
  out.constant(FORMAT_MASK);
  out.raw(OP.i32And, OP.i32Eqz, OP.localGet, radix);
  out.constant(RADIX);
  out.raw(OP.i32Ne, OP.localGet, number, OP.i64ReinterpretF64, OP.i64Const, SIGN_AND_EXPONENT_BITS, OP.i64Shl);
  out.raw(OP.i64Eqz, OP.i32Or, OP.i32And, OP.if, NO_RESULT);
  enterStack(out, sp);
  out.raw(OP.localGet, sp, OP.localGet, number, OP.f64Store, DOUBLE, QUESTION_BYTES.number);
  out.raw(OP.localGet, sp, OP.localGet, radix, OP.i32Store, WORD, QUESTION_BYTES.radix);
  out.raw(OP.localGet, sp, OP.localGet, flags, OP.i32Store, WORD, QUESTION_BYTES.flags);
  ask(out, sp, { question: QUESTION.print, poll: calls.poll });
  out.raw(OP.localGet, ctx, OP.localGet, sp);
  out.local(OP.call, calls.newString);
  out.raw(OP.localSet, text);
  leaveStack(out, sp);
  out.raw(OP.localGet, text, OP.if, NO_RESULT);
  out.raw(OP.localGet, text, OP.i64Load, DOUBLE, 0, OP.localSet, result, OP.localGet, text);
  out.local(OP.call, calls.free);
  out.raw(OP.localGet, result, OP.return, OP.end, OP.end);
  out.raw(...[ctx, number, radix, digits, flags].flatMap((local) => [OP.localGet, local]));
  out.local(OP.call, calls.stock);
  out.raw(OP.end);
  return out.done();
}

/** Digits that the engine reads in radix ten. */
const MAX_DIGITS = 38;

/** `(text, end, radix, flags, scratch) → f64`: asks again about a text that is too long for it. */
export function parseFunction(calls: Calls): Uint8Array {
  const [text, end, radix, flags, scratch, sp, number, last] = [0, 1, 2, 3, 4, 5, 6, 7];
  const out = new BinaryWriter(256);
  out.raw(3, 1, I32, 1, F64, 1, I32); // sp, number, last
  enterStack(out, sp);
  out.raw(OP.localGet, text, OP.localGet, end, OP.localGet, sp, OP.localGet, end, OP.select, OP.localTee, last);
  out.raw(...[radix, flags, scratch].flatMap((local) => [OP.localGet, local]));
  out.local(OP.call, calls.stock);
  out.raw(OP.localSet, number, OP.localGet, last, OP.i32Load, WORD, 0, OP.localTee, last, OP.localGet, text);
  out.raw(OP.i32Sub);
  out.constant(MAX_DIGITS);
  out.raw(OP.i32GtU, OP.if, NO_RESULT);
  out.raw(OP.localGet, sp, OP.localGet, number, OP.f64Store, DOUBLE, QUESTION_BYTES.number);
  out.raw(OP.localGet, sp, OP.localGet, radix, OP.i32Store, WORD, QUESTION_BYTES.radix);
  out.raw(OP.localGet, sp, OP.localGet, text, OP.i32Store, WORD, QUESTION_BYTES.text);
  out.raw(OP.localGet, sp, OP.localGet, last, OP.i32Store, WORD, QUESTION_BYTES.end);
  ask(out, sp, { question: QUESTION.parse, poll: calls.poll });
  out.raw(OP.localGet, sp, OP.f64Load, DOUBLE, QUESTION_BYTES.number, OP.localSet, number, OP.end);
  leaveStack(out, sp);
  out.raw(OP.localGet, number, OP.end);
  return out.done();
}

/**
 * `(ctx, promise, reason, isHandled, at) → ()`: the engine's tracker of rejections. Tells the host
 * where it finds the promise and the reason.
 */
export function onRejectionFunction(poll: number): Uint8Array {
  const [promise, reason, isHandled, at] = [1, 2, 3, 4];
  const out = new BinaryWriter(64);
  out.u32(0);
  out.raw(OP.localGet, at, OP.localGet, promise, OP.i64Store, DOUBLE, QUESTION_BYTES.promise);
  out.raw(OP.localGet, at, OP.localGet, reason, OP.i64Store, DOUBLE, QUESTION_BYTES.reason);
  out.constant(QUESTION.handled);
  out.constant(QUESTION.rejected);
  out.raw(OP.localGet, isHandled, OP.select, OP.localGet, at, OP.i32Add);
  out.local(OP.call, poll);
  out.raw(OP.drop, OP.end);
  return out.done();
}

/**
 * `(runtime, at) → ()`: has a runtime track its rejections.
 *
 * @param offset where a runtime keeps the tracker, and behind it what the tracker is given.
 * @param slot of the tracker in the table of functions.
 */
export function trackRejectionsFunction(offset: number, slot: number): Uint8Array {
  const out = new BinaryWriter(32);
  const store = (at: number): void => {
    out.raw(OP.i32Store, WORD);
    out.u32(at);
  };
  out.u32(0);
  out.raw(OP.localGet, 0);
  out.constant(slot);
  store(offset);
  out.raw(OP.localGet, 0, OP.localGet, 1);
  store(offset + 4);
  out.raw(OP.end);
  return out.done();
}

function enterStack(out: BinaryWriter, sp: number): void {
  out.raw(OP.globalGet, STACK_POINTER);
  out.constant(QUESTION_BYTES.all);
  out.raw(OP.i32Sub, OP.localTee, sp, OP.globalSet, STACK_POINTER);
}

function leaveStack(out: BinaryWriter, sp: number): void {
  out.raw(OP.localGet, sp);
  out.constant(QUESTION_BYTES.all);
  out.raw(OP.i32Add, OP.globalSet, STACK_POINTER);
}

function ask(out: BinaryWriter, sp: number, { question, poll }: { question: number; poll: number }): void {
  out.raw(OP.localGet, sp);
  out.constant(question);
  out.raw(OP.i32Add);
  out.local(OP.call, poll);
  out.raw(OP.drop);
}
