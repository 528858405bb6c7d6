import {
  CARD_BYTES,
  CARD_SHIFT,
  CARD_TABLE,
  COPIES_END,
  COPY_INDEX,
  GROUP_MARKS,
  markAt,
  RESTORED_LIST,
} from '../src/quickjs/memory/cards.js';
import { I32, I64, MEMORY_COPY, NO_RESULT, OP } from './opcodes.js';
import { BinaryWriter } from './wasm-binary.js';
import { closeList, listCard, openList, startList } from './prefetch.js';

/*
 * What `instrument.ts` adds to the engine: see `CardFunctions` in `cards.ts`. It is not
 * instrumented, so what it writes leaves no marks.
 */

/** log2 of the bytes that a load or store takes; the offset follows. */
const ALIGNED = { byte: 0, half: 1, eight: 3 };

/**
 * Locals of the loops: a mark's address and the end of the marks, which are the arguments; the end
 * of a group of marks, a marked card's mark, the cards without a copy, a copy's number; eight
 * marks; the end of the list of what is restored.
 */
const [AT, END, GROUP_END, MARK, LEFT, COPY, MARKS, LISTED] = [0, 1, 2, 3, 4, 5, 6, 7];

/**
 * The functions, each as its body with its locals. The last is the one to export, `restoreCards`:
 * `(i32, i32, i32, i32) → i32`. The others are `(i32, i32) → i32`.
 *
 * @param first the index that the first of them gets.
 */
export function restoreFunctions(first: number): Uint8Array[] {
  return [isMarked(), restoreCards(), restoreAllCards(first, first + 1)];
}

/** Whether one of some marks is set. */
function isMarked(): Uint8Array {
  return body([], (out) => {
    out.raw(OP.loop, NO_RESULT);
    returnAtEnd(out, () => out.constant(0));
    passOverGroup(out);
    out.constant(1);
    out.raw(OP.return, OP.end, OP.unreachable);
  });
}

/** Restores the cards of some marks, and counts those that have no copy. */
function restoreCards(): Uint8Array {
  return body([I32, I32, I32, I32, I64, I32], (out) => {
    openList(out, LISTED);
    out.raw(OP.loop, NO_RESULT);
    returnAtEnd(out, () => {
      closeList(out, LISTED);
      out.raw(OP.localGet, LEFT);
    });
    passOverGroup(out);
    out.raw(OP.localGet, AT);
    out.constant(GROUP_MARKS);
    out.raw(OP.i32Add, OP.localSet, GROUP_END);
    out.raw(OP.loop, NO_RESULT); // over the group
    loadEight(out, 0);
    out.raw(OP.localSet, MARKS);
    out.raw(OP.loop, NO_RESULT); // over the marks that are set
    out.raw(OP.localGet, MARKS, OP.i64Eqz, OP.if, NO_RESULT, OP.else);
    out.raw(OP.localGet, AT, OP.localGet, MARKS, OP.i64Ctz, OP.i32WrapI64);
    out.constant(3); // bits of a byte
    out.raw(OP.i32ShrU, OP.i32Add, OP.localSet, MARK);
    restoreCard(out);
    // without its lowest bit
    out.raw(OP.localGet, MARKS, OP.localGet, MARKS, OP.i64Const, 1, OP.i64Sub, OP.i64And, OP.localSet, MARKS);
    out.raw(OP.br, 1, OP.end, OP.end);
    step(out, 8);
    out.raw(OP.localGet, AT, OP.localGet, GROUP_END, OP.i32LtU, OP.brIf, 0, OP.end);
    out.raw(OP.br, 0, OP.end, OP.unreachable);
  });
}

function restoreAllCards(isMarkedIndex: number, restoreCardsIndex: number): Uint8Array {
  const [TABLE_END, INDEX_END, COPIES_IN_USE_END, USED_END] = [0, 1, 2, 3];
  return body([], (out) => {
    const call = (index: number, start: number, end: number): void => {
      out.constant(markAt(start));
      out.raw(OP.localGet, end);
      out.local(OP.call, index);
    };
    call(isMarkedIndex, CARD_TABLE, TABLE_END);
    call(isMarkedIndex, COPY_INDEX, INDEX_END);
    call(isMarkedIndex, RESTORED_LIST, COPIES_IN_USE_END);
    out.raw(OP.i32Or, OP.i32Or, OP.if, NO_RESULT);
    out.constant(-1);
    out.raw(OP.return, OP.end);
    startList(out);
    out.constant(markAt(0));
    out.constant(markAt(CARD_TABLE));
    out.local(OP.call, restoreCardsIndex);
    call(restoreCardsIndex, COPIES_END, USED_END);
    out.raw(OP.i32Add);
  });
}

function restoreCard(out: BinaryWriter): void {
  out.raw(OP.localGet, MARK);
  out.constant(1);
  out.raw(OP.i32Shl, OP.i32Load16U, ALIGNED.half);
  out.u32(COPY_INDEX - 2 * CARD_TABLE);
  out.raw(OP.localTee, COPY, OP.if, NO_RESULT);
  out.raw(OP.localGet, MARK);
  out.constant(CARD_TABLE);
  out.raw(OP.i32Sub);
  toAddress(out);
  out.raw(OP.localGet, COPY);
  toAddress(out);
  out.constant(CARD_BYTES);
  out.raw(OP.prefix, MEMORY_COPY, 0, 0);
  out.raw(OP.localGet, MARK);
  out.constant(0);
  out.raw(OP.i32Store8, ALIGNED.byte, 0);
  listCard(out, MARK, COPY, LISTED);
  out.raw(OP.else);
  out.raw(OP.localGet, LEFT);
  out.constant(1);
  out.raw(OP.i32Add, OP.localSet, LEFT, OP.end);
}

function toAddress(out: BinaryWriter): void {
  out.constant(CARD_SHIFT);
  out.raw(OP.i32Shl);
}

function returnAtEnd(out: BinaryWriter, result: () => void): void {
  out.raw(OP.localGet, AT, OP.localGet, END, OP.i32GeU, OP.if, NO_RESULT);
  result();
  out.raw(OP.return, OP.end);
}

/** Goes on in the loop around it, with the next group, if none of this one's marks is set. */
function passOverGroup(out: BinaryWriter): void {
  loadEight(out, 0);
  for (let at = 8; at < GROUP_MARKS; at += 8) {
    loadEight(out, at);
    out.raw(OP.i64Or);
  }
  out.raw(OP.i64Eqz, OP.if, NO_RESULT);
  step(out, GROUP_MARKS);
  out.raw(OP.br, 1, OP.end);
}

function loadEight(out: BinaryWriter, offset: number): void {
  out.raw(OP.localGet, AT, OP.i64Load, ALIGNED.eight, offset);
}

function step(out: BinaryWriter, marks: number): void {
  out.raw(OP.localGet, AT);
  out.constant(marks);
  out.raw(OP.i32Add, OP.localSet, AT);
}

/** @param locals their types, beside the arguments */
function body(locals: readonly number[], write: (out: BinaryWriter) => void): Uint8Array {
  const out = new BinaryWriter(256);
  out.u32(locals.length);
  for (const type of locals) out.raw(1, type);
  write(out);
  out.raw(OP.end);
  return out.done();
}
