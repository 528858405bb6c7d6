import { CARD_BYTES, CARD_SHIFT, CARD_TABLE, COPIES_END, COPY_INDEX, markAt } from './cards.js';
import { BinaryWriter } from './leb128.js';

/*
 * What `instrument.ts` adds to the engine: see `CardFunctions` in `cards.ts`. It is not instrumented, so what it writes leaves no
 * marks.
 */

const I32 = 0x7f;
const NO_RESULT = 0x40;
/** log2 of the bytes that a load or store takes; the offset follows. */
const ALIGNED = { byte: 0, half: 1, eight: 3 };

const OP = {
  unreachable: 0x00,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  call: 0x10,
  brIf: 0x0d,
  return: 0x0f,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  load64: 0x29,
  load8: 0x2d,
  load16: 0x2f,
  store8: 0x3a,
  eqz64: 0x50,
  ltU: 0x49,
  geU: 0x4f,
  add: 0x6a,
  or: 0x72,
  sub: 0x6b,
  shl: 0x74,
};
const MEMORY_COPY = [0xfc, 10, 0, 0];

/** Locals of the loops: a mark's address and the end of the marks, which are the arguments; the end of eight marks, the cards without a copy, a copy's number. */
const [AT, END, GROUP_END, LEFT, COPY] = [0, 1, 2, 3, 4];

/**
 * The functions, all `(i32, i32) → i32`, each as its body with its locals. The last is the one to export, `putBack`.
 *
 * @param first the index that the first of them gets.
 */
export function putBackFunctions(first: number): Uint8Array[] {
  return [isMarked(), putBack(), putBackAll(first, first + 1)];
}

/** Whether one of some marks is set. */
function isMarked(): Uint8Array {
  return body(0, (out) => {
    out.raw(OP.loop, NO_RESULT);
    returnAtEnd(out, () => out.constant(0));
    loadEight(out);
    out.raw(OP.eqz64, OP.if, NO_RESULT);
    step(out, 8);
    out.raw(OP.br, 1, OP.end);
    out.constant(1);
    out.raw(OP.return, OP.end, OP.unreachable);
  });
}

/** Puts back the cards of some marks, and counts those that have no copy. */
function putBack(): Uint8Array {
  return body(3, (out) => {
    out.raw(OP.loop, NO_RESULT);
    returnAtEnd(out, () => out.raw(OP.get, LEFT));
    loadEight(out);
    out.raw(OP.eqz64, OP.if, NO_RESULT);
    step(out, 8);
    out.raw(OP.br, 1, OP.end);
    out.raw(OP.get, AT);
    out.constant(8);
    out.raw(OP.add, OP.set, GROUP_END);
    out.raw(OP.loop, NO_RESULT);
    out.raw(OP.get, AT, OP.load8, ALIGNED.byte, 0, OP.if, NO_RESULT);
    putBackCard(out);
    out.raw(OP.end);
    step(out, 1);
    out.raw(OP.get, AT, OP.get, GROUP_END, OP.ltU, OP.brIf, 0, OP.end);
    out.raw(OP.br, 0, OP.end, OP.unreachable);
  });
}

function putBackAll(isMarkedIndex: number, putBackIndex: number): Uint8Array {
  const [TABLE_END, USED_END] = [0, 1];
  return body(0, (out) => {
    out.constant(markAt(CARD_TABLE));
    out.raw(OP.get, TABLE_END);
    out.local(OP.call, isMarkedIndex);
    out.constant(markAt(COPY_INDEX));
    out.constant(markAt(COPIES_END));
    out.local(OP.call, isMarkedIndex);
    out.raw(OP.or, OP.if, NO_RESULT);
    out.constant(-1);
    out.raw(OP.return, OP.end);
    out.constant(markAt(0));
    out.constant(markAt(CARD_TABLE));
    out.local(OP.call, putBackIndex);
    out.constant(markAt(COPIES_END));
    out.raw(OP.get, USED_END);
    out.local(OP.call, putBackIndex);
    out.raw(OP.add);
  });
}

function putBackCard(out: BinaryWriter): void {
  out.raw(OP.get, AT);
  out.constant(1);
  out.raw(OP.shl, OP.load16, ALIGNED.half);
  out.u32(COPY_INDEX - 2 * CARD_TABLE);
  out.raw(OP.tee, COPY, OP.if, NO_RESULT);
  out.raw(OP.get, AT);
  out.constant(CARD_TABLE);
  out.raw(OP.sub);
  toAddress(out);
  out.raw(OP.get, COPY);
  toAddress(out);
  out.constant(CARD_BYTES);
  out.raw(...MEMORY_COPY);
  out.raw(OP.get, AT);
  out.constant(0);
  out.raw(OP.store8, ALIGNED.byte, 0, OP.else);
  out.raw(OP.get, LEFT);
  out.constant(1);
  out.raw(OP.add, OP.set, LEFT, OP.end);
}

function toAddress(out: BinaryWriter): void {
  out.constant(CARD_SHIFT);
  out.raw(OP.shl);
}

function returnAtEnd(out: BinaryWriter, result: () => void): void {
  out.raw(OP.get, AT, OP.get, END, OP.geU, OP.if, NO_RESULT);
  result();
  out.raw(OP.return, OP.end);
}

function loadEight(out: BinaryWriter): void {
  out.raw(OP.get, AT, OP.load64, ALIGNED.eight, 0);
}

function step(out: BinaryWriter, marks: number): void {
  out.raw(OP.get, AT);
  out.constant(marks);
  out.raw(OP.add, OP.set, AT);
}

/** @param locals i32s beside the arguments */
function body(locals: number, write: (out: BinaryWriter) => void): Uint8Array {
  const out = new BinaryWriter(128);
  if (locals === 0) out.u32(0);
  else out.raw(1, locals, I32);
  write(out);
  out.raw(OP.end);
  return out.done();
}
