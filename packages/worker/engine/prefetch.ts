import { RUN } from '../src/quickjs/additions.js';
import { CARD_BYTES, CARD_SHIFT, CARD_TABLE, COPY_INDEX, RESTORED_LIST } from '../src/quickjs/memory/cards.js';
import { I32, NO_RESULT, OP } from './opcodes.js';
import { Steps } from './steps.js';
import { BinaryWriter } from './wasm-binary.js';

/*
 * Before a call, the cards that it will probably write to and their copies are read once: side by
 * side, so that the processor fetches them all at once. Without that, the engine and the restore
 * would wait for one cache line after the other. The cards are those that were restored last;
 * `restore-cards.ts` keeps a list of them.
 *
 * docs/decisions/what-a-call-writes-is-prefetched.md has what that saves.
 *
 * The list: the address of its end, then for each card its number in the lower half and that of its
 * copy in the upper.
 */

const WORD_BYTES = 4;
const FIRST = RESTORED_LIST + WORD_BYTES;
const LIST_END = RESTORED_LIST + CARD_BYTES;
/** Bytes that the processor fetches at a time, on x86-64 and most of ARM. */
const CACHE_LINE_BYTES = 64;
const HALF = 0xffff;
const HALF_BITS = 16;
/** log2 of the bytes that a card has in the index. */
const INDEX_SHIFT = 1;

const BYTE = 0;
const WORD = 2;

const [AT, END, ENTRY, ADDRESS] = [0, 1, 2, 3];

/** Begins the list anew. */
export function startList(out: BinaryWriter): void {
  out.constant(RESTORED_LIST);
  out.constant(FIRST);
  out.raw(OP.i32Store, WORD, 0);
}

/** Takes the end of the list into a local, for {@link listCard}. */
export function openList(out: BinaryWriter, end: number): void {
  loadEnd(out);
  out.raw(OP.localSet, end);
}

/**
 * Adds a card to the list, if there is room.
 *
 * @param mark the local with the address of its mark, `copy` with the number of its copy, `end` of
 *   the list's end.
 */
export function listCard(out: BinaryWriter, mark: number, copy: number, end: number): void {
  out.raw(OP.localGet, end);
  out.constant(LIST_END);
  out.raw(OP.i32LtU, OP.if, NO_RESULT, OP.localGet, end, OP.localGet, mark);
  out.constant(CARD_TABLE);
  out.raw(OP.i32Sub, OP.localGet, copy);
  out.constant(HALF_BITS);
  out.raw(OP.i32Shl, OP.i32Or, OP.i32Store, WORD, 0, OP.localGet, end);
  out.constant(WORD_BYTES);
  out.raw(OP.i32Add, OP.localSet, end, OP.end);
}

/** Puts the end of the list back. */
export function closeList(out: BinaryWriter, end: number): void {
  out.constant(RESTORED_LIST);
  out.raw(OP.localGet, end, OP.i32Store, WORD, 0);
}

/** Calls {@link prefetchFunction} with the list. */
function prefetchList(out: BinaryWriter, prefetch: number): void {
  out.constant(FIRST);
  loadEnd(out);
  out.local(OP.call, prefetch);
  out.raw(OP.drop);
}

/**
 * `(i32, i32) → i32`: reads a byte of each cache line of the cards between two addresses of the
 * list and of their copies, their marks and their entries in the index. Comes to 0.
 */
export function prefetchFunction(): Uint8Array {
  const out = new BinaryWriter(128);
  out.raw(1, 2, I32); // ENTRY and ADDRESS
  const touch = (offset: number): void => {
    out.raw(OP.localGet, ADDRESS, OP.i32Load8U, BYTE);
    out.u32(offset);
    out.raw(OP.drop);
  };
  const touchCard = (): void => {
    out.constant(CARD_SHIFT);
    out.raw(OP.i32Shl, OP.localSet, ADDRESS);
    for (let offset = 0; offset < CARD_BYTES; offset += CACHE_LINE_BYTES) touch(offset);
  };
  out.raw(OP.loop, NO_RESULT, OP.localGet, AT, OP.localGet, END, OP.i32LtU, OP.if, NO_RESULT);
  out.raw(OP.localGet, AT, OP.i32Load, WORD, 0, OP.localSet, ENTRY);
  out.raw(OP.localGet, ENTRY);
  out.constant(HALF);
  out.raw(OP.i32And, OP.localSet, ADDRESS);
  touch(CARD_TABLE);
  out.raw(OP.localGet, ADDRESS);
  out.constant(INDEX_SHIFT);
  out.raw(OP.i32Shl, OP.i32Load8U, BYTE);
  out.u32(COPY_INDEX);
  out.raw(OP.drop, OP.localGet, ADDRESS);
  touchCard();
  out.raw(OP.localGet, ENTRY);
  out.constant(HALF_BITS);
  out.raw(OP.i32ShrU);
  touchCard();
  out.raw(OP.localGet, AT);
  out.constant(WORD_BYTES);
  out.raw(OP.i32Add, OP.localSet, AT, OP.br, 1, OP.end, OP.end);
  out.constant(0);
  out.raw(OP.end);
  return out.done();
}

function loadEnd(out: BinaryWriter): void {
  out.constant(RESTORED_LIST);
  out.raw(OP.i32Load, WORD, 0);
}

/** Reads ahead what the slice will probably write to, if the local `how` says so. */
export function prefetchIf(out: BinaryWriter, how: number, prefetch: number): void {
  const step = new Steps(out);
  step.get(how);
  out.constant(RUN.prefetches);
  out.raw(OP.i32And);
  step.when(() => prefetchList(out, prefetch));
}
