import { I32, MEMORY_FILL, NO_RESULT, OP } from './opcodes.js';
import { BinaryReader, BinaryWriter } from './wasm-binary.js';

/*
 * Whoever encodes a value numbers its names. The engine looks each up in a table with a place for
 * every atom that there is, a thousand and more, which it makes and clears word by word for the
 * first name: 2.5 µs of every call that returns an object, and 5 KB to restore. Here the first
 * names are searched for in the list of those that have a number. With more, the table is made,
 * and cleared at once.
 */

/** Names that are searched for one by one. */
const FEW = 24;

/** Offsets in the state of an encoding: `BCWriterState`. */
const AT = { context: 0, firstAtom: 32, table: 36, tableLength: 40, list: 44, listLength: 48, listSize: 52 };
const WORD = 2;
const WORD_SHIFT = 2;
const WORD_BYTES = 4;

const [STATE, RESULT, ATOM, INDEX, COUNT] = [0, 1, 2, 3, 4];

/** `table[atom]`: the stock function keeps an index in the local of the atom. */
const PLACE: readonly number[] = [
  ...[OP.localGet, STATE, OP.i32Load, WORD, AT.table],
  ...[OP.localGet, ATOM, OP.i32Const, WORD_SHIFT, OP.i32Shl, OP.i32Add],
];
const TABLE_LENGTH: readonly number[] = [OP.localGet, STATE, OP.i32Load, WORD, AT.tableLength];

/** `for (; index < tableLength; index++) table[index] = 0`, as the stock function has it. */
const LOOP: readonly number[] = [
  ...[OP.loop, NO_RESULT, OP.localGet, ATOM, ...TABLE_LENGTH, OP.i32GeS, OP.brIf, 1],
  ...[...PLACE, OP.i32Const, 0, OP.i32Store, WORD, 0],
  ...[OP.localGet, ATOM, OP.i32Const, 1, OP.i32Add, OP.localSet, ATOM, OP.br, 0, OP.end, OP.unreachable],
];

/** The same at once. The table has just grown: there is something to clear. */
const FILL: readonly number[] = [
  ...[...PLACE, OP.i32Const, 0, ...TABLE_LENGTH, OP.localGet, ATOM, OP.i32Sub],
  ...[OP.i32Const, WORD_SHIFT, OP.i32Shl, OP.prefix, MEMORY_FILL, 0],
];

/** The function that numbers names, and what it needs. */
export interface AtomTable {
  /** Which of the engine's functions it is. */
  index: number;
  /** Its body, with the table cleared at once. */
  stock: Uint8Array;
  /** The function that makes room in a list. */
  resize: number;
}

/** @throws {Error} if no function clears such a table, or several do */
export function findAtomTable(bodies: readonly Uint8Array[]): AtomTable {
  const found = bodies.flatMap((body, index) => {
    const at = findLoop(body);
    return at < 0 ? [] : [{ body, index, at }];
  });
  const [first] = found;
  if (!first || found.length > 1) throw new Error(`Cannot use this build of QuickJS: ${found.length} tables of atoms`);
  const { body, index, at } = first;
  const resize = new BinaryReader(body, body.lastIndexOf(OP.call, at) + 1).u32();
  return { index, resize, stock: Uint8Array.of(...body.subarray(0, at), ...FILL, ...body.subarray(at + LOOP.length)) };
}

/** `(state, result, atom) → failed`: numbers a name. @param stock index of the engine's own */
export function numberAtomFunction(stock: number, resize: number): Uint8Array {
  const out = new BinaryWriter(256);
  out.raw(1, 2, I32); // INDEX and COUNT
  // an index, which has the highest bit set, and an atom of its own need no number
  load(out, AT.tableLength);
  out.raw(OP.localGet, ATOM, OP.i32Const, 0, OP.i32LtS, OP.i32Or, OP.localGet, ATOM);
  load(out, AT.firstAtom);
  out.raw(OP.i32LtU, OP.i32Or, OP.if, NO_RESULT, OP.localGet, STATE, OP.localGet, RESULT, OP.localGet, ATOM);
  out.local(OP.call, stock);
  out.raw(OP.return, OP.end);
  load(out, AT.listLength);
  out.raw(OP.localSet, COUNT);
  search(out);
  out.raw(OP.localGet, COUNT, OP.i32Const, FEW, OP.i32LtU, OP.if, NO_RESULT);
  append(out, resize);
  out.raw(OP.end);
  makeTable(out, stock);
  out.raw(OP.end);
  return out.done();
}

/** Returns the number of a name that is in the list. */
function search(out: BinaryWriter): void {
  out.raw(OP.block, NO_RESULT, OP.loop, NO_RESULT);
  out.raw(OP.localGet, INDEX, OP.localGet, COUNT, OP.i32GeU, OP.brIf, 1);
  listAt(out, INDEX);
  out.raw(OP.i32Load, WORD, 0, OP.localGet, ATOM, OP.i32Eq, OP.if, NO_RESULT);
  returnNumber(out, INDEX);
  out.raw(OP.end, OP.localGet, INDEX, OP.i32Const, 1, OP.i32Add, OP.localSet, INDEX, OP.br, 0, OP.end, OP.end);
}

/** Puts a name at the end of the list, and returns its number. */
function append(out: BinaryWriter, resize: number): void {
  load(out, AT.context);
  out.raw(OP.localGet, STATE, OP.i32Const, AT.list, OP.i32Add, OP.i32Const, WORD_BYTES, OP.localGet, STATE);
  out.raw(OP.i32Const, AT.listSize, OP.i32Add, OP.localGet, COUNT, OP.i32Const, 1, OP.i32Add);
  out.local(OP.call, resize);
  returnFailure(out);
  listAt(out, COUNT);
  out.raw(OP.localGet, ATOM, OP.i32Store, WORD, 0);
  out.raw(OP.localGet, STATE, OP.localGet, COUNT, OP.i32Const, 1, OP.i32Add, OP.i32Store, WORD, AT.listLength);
  returnNumber(out, COUNT);
}

/** Has the stock function number the names of the list again, the same way, and then the name. */
function makeTable(out: BinaryWriter, stock: number): void {
  out.raw(OP.localGet, STATE, OP.i32Const, 0, OP.i32Store, WORD, AT.listLength, OP.i32Const, 0, OP.localSet, INDEX);
  out.raw(OP.loop, NO_RESULT, OP.localGet, STATE, OP.localGet, RESULT);
  listAt(out, INDEX);
  out.raw(OP.i32Load, WORD, 0);
  out.local(OP.call, stock);
  returnFailure(out);
  out.raw(OP.localGet, INDEX, OP.i32Const, 1, OP.i32Add, OP.localTee, INDEX);
  out.raw(OP.localGet, COUNT, OP.i32LtU, OP.brIf, 0, OP.end);
  out.raw(OP.localGet, STATE, OP.localGet, RESULT, OP.localGet, ATOM);
  out.local(OP.call, stock);
}

function load(out: BinaryWriter, offset: number): void {
  out.raw(OP.localGet, STATE, OP.i32Load, WORD, offset);
}

function listAt(out: BinaryWriter, index: number): void {
  load(out, AT.list);
  out.raw(OP.localGet, index, OP.i32Const, WORD_SHIFT, OP.i32Shl, OP.i32Add);
}

function returnNumber(out: BinaryWriter, index: number): void {
  out.raw(OP.localGet, RESULT, OP.localGet, index);
  load(out, AT.firstAtom);
  out.raw(OP.i32Add, OP.i32Store, WORD, 0, OP.i32Const, 0, OP.return);
}

/** Returns -1 if what is on the stack is not 0. */
function returnFailure(out: BinaryWriter): void {
  out.raw(OP.if, NO_RESULT);
  out.constant(-1);
  out.raw(OP.return, OP.end);
}

function findLoop(body: Uint8Array): number {
  for (let at = body.indexOf(OP.loop); at >= 0; at = body.indexOf(OP.loop, at + 1))
    if (LOOP.every((byte, i) => body[at + i] === byte)) return at;
  return -1;
}
