import { CARD_BYTES, CARD_SHIFT, CARD_TABLE } from '../src/quickjs/memory/cards.js';
import { F32, F64, I32, I64, MEMORY_FILL, NO_RESULT, OP } from './opcodes.js';
import type { BinaryWriter } from './wasm-binary.js';

/*
 * The write barrier: at each store, the instrumented engine sets the mark of the card in the card
 * table (`cards.ts`). A restore then copies only the few cards that a call has written to.
 *
 * The mark follows its store, so code that overwrites the table leaves the table's own mark set.
 */

/** The type of the value that a store takes, and log2 of the bytes that it writes. */
export interface Store {
  type: number;
  width: number;
}

/** From `i32.store` on. */
export const STORES: readonly Store[] = [
  { type: I32, width: 2 },
  { type: I64, width: 3 },
  { type: F32, width: 2 },
  { type: F64, width: 3 },
  { type: I32, width: 0 },
  { type: I32, width: 1 },
  { type: I64, width: 0 },
  { type: I64, width: 1 },
  { type: I64, width: 2 },
];

/**
 * Locals that are added to every function, in this order; those that it does not use cost nothing
 * once compiled.
 */
export const ADDED_LOCALS: readonly number[] = [I32, I32, I32, I64, F32, F64];

/** A store of the engine's: its bytes and their immediates. */
export interface StoreInstruction {
  bytes: Uint8Array;
  alignment: number;
  offset: number;
}

/**
 * Writes a store and its marks. `[address, value]` are on the stack; the address stays in the first
 * added local.
 */
export function doStore(
  out: BinaryWriter,
  locals: number,
  { type, width }: Store,
  { bytes, alignment, offset }: StoreInstruction,
): void {
  const value = locals + ADDED_LOCALS.lastIndexOf(type);
  out.local(OP.localSet, value);
  out.local(OP.localTee, locals);
  out.local(OP.localGet, value);
  out.copy(bytes, 0, bytes.length);
  markAddress(out, locals, offset);
  // may reach into the next card
  if (alignment < width) markAddress(out, locals, offset + (1 << width) - 1);
}

/** Marks the card of an address that is in a local. */
export function markAddress(out: BinaryWriter, address: number, offset: number): void {
  out.local(OP.localGet, address);
  if (offset > 0) {
    out.constant(offset);
    out.raw(OP.i32Add);
  }
  out.constant(CARD_SHIFT);
  out.raw(OP.i32ShrU);
  out.constant(1);
  out.raw(OP.i32Store8, 0);
  out.u32(CARD_TABLE);
}

/**
 * Writes a bulk write and its marks. `[destination, source or byte, length]` are on the stack. What
 * is not longer than a card lies in two at most; most are as short as a name. A length of 0 marks a
 * card for nothing.
 */
export function doBulkWrite(out: BinaryWriter, locals: number, write: Uint8Array): void {
  const [to, other, length] = [locals, locals + 1, locals + 2];
  for (const local of [length, other, to]) out.local(OP.localSet, local);
  for (const local of [to, other, length]) out.local(OP.localGet, local);
  out.copy(write, 0, write.length);
  out.local(OP.localGet, length);
  out.constant(CARD_BYTES);
  out.raw(OP.i32GtU, OP.if, NO_RESULT);
  markCards(out, { to, length, firstCard: other });
  out.raw(OP.else);
  markAddress(out, to, 0);
  out.local(OP.localGet, to);
  out.local(OP.localGet, length);
  out.raw(OP.i32Add);
  out.local(OP.localSet, to);
  markAddress(out, to, 0);
  out.raw(OP.end);
}

/** The locals with an address and a length, and one that is free. */
interface Range {
  to: number;
  length: number;
  firstCard: number;
}

function markCards(out: BinaryWriter, { to, length, firstCard }: Range): void {
  out.local(OP.localGet, to);
  out.constant(CARD_SHIFT);
  out.raw(OP.i32ShrU);
  out.local(OP.localTee, firstCard);
  out.constant(CARD_TABLE);
  out.raw(OP.i32Add);
  out.constant(1);
  out.local(OP.localGet, to);
  out.local(OP.localGet, length);
  out.raw(OP.i32Add);
  out.constant(CARD_SHIFT);
  out.raw(OP.i32ShrU);
  out.local(OP.localGet, firstCard);
  out.raw(OP.i32Sub);
  out.constant(1);
  out.raw(OP.i32Add);
  out.raw(OP.prefix, MEMORY_FILL, 0);
}
