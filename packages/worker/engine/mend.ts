import { onRejectionFunction, parseFunction, printFunction, trackRejectionsFunction } from './mended-functions.js';
import { findAtomTable, numberAtomFunction } from './mend-atom-table.js';
import { mendClassAtoms } from './mend-class-atoms.js';
import { F64, I32, I64, OP } from './opcodes.js';
import { BinaryReader, BinaryWriter } from './wasm-binary.js';
import {
  addEntries,
  encodeU32,
  exportEntry,
  HEADER_BYTES,
  KIND,
  readExports,
  readImports,
  readSections,
  readTypes,
  readVector,
  SECTION,
} from './wasm-sections.js';

/*
 * What the stock engine does otherwise than ECMAScript, put right in its binary, and what it can
 * tell but has no export for.
 *
 * - Numbers: it prints some powers of two with a digit too many (its search for the shortest text
 *   tries only the nearest of each length), other radices than ten inexactly, and reads no digit
 *   after the 38th. There it asks its host: `src/quickjs/numbers.ts`.
 * - `/-/v`: it refuses characters outside of classes that are reserved in them.
 * - Names of what is encoded: `mend-atom-table.ts`.
 * - Rejections that nobody handles: its tracker has one in the runtime, and nothing is put there.
 *
 * Functions are found by their types, which only they have; none for another build.
 */

/** Functions of the engine that are called, with the names under which they are exported. */
export const MENDED_WITH = ['QTS_NewString', 'free'] as const;
type Called = Readonly<Record<(typeof MENDED_WITH)[number], string>>;

const PRINT = signature([I32, F64, I32, I32, I32], [I64]);
const PARSE = signature([I32, I32, I32, I32, I32], [F64]);
const TRACKER = signature([I32, I64, I64, I32, I32], []);
const TRACK = signature([I32, I32], []);

/**
 * Mends a stock binary of quickjs-emscripten.
 *
 * @param poll the imported function `(i32) → i32` that asks the host: see `QUESTION`.
 * @throws {Error} for a build of QuickJS that it does not know its way in.
 */
export function mend(
  stock: Uint8Array,
  poll: WebAssembly.ModuleImportDescriptor,
  called: Called,
): Uint8Array<ArrayBuffer> {
  const sections = readSections(stock);
  const contentOf = (id: number): BinaryReader => {
    const section = sections.find((each) => each.id === id);
    if (!section) throw new Error(`Cannot use this build of QuickJS: it has no section ${id}`);
    return new BinaryReader(section.bytes);
  };
  const types = readSignatures(contentOf(SECTION.type));
  const typeOf = readVector(contentOf(SECTION.function));
  const imported = readImports(contentOf(SECTION.import)).filter(({ kind }) => kind === KIND.function);
  const pollIndex = imported.findIndex(({ module, name }) => module === poll.module && name === poll.name);
  const exported = readExports(contentOf(SECTION.export));
  const bodies = readBodies(contentOf(SECTION.code));
  mendClassAtoms(bodies, contentOf(SECTION.data));

  const print = onlyOf(typeOf, types.indexOf(PRINT), 'prints numbers');
  const parse = onlyOf(typeOf, types.indexOf(PARSE), 'reads numbers');
  const atoms = findAtomTable(bodies);
  const indexOf = (added: number): number => imported.length + typeOf.length + added;
  const added = [
    { type: types.indexOf(PRINT), body: bodies[print]! },
    { type: types.indexOf(PARSE), body: bodies[parse]! },
    { type: types.indexOf(TRACKER), body: onRejectionFunction(pollIndex) },
    { type: types.indexOf(TRACK), body: new Uint8Array() },
    { type: typeOf[atoms.index]!, body: atoms.stock },
  ];
  const slot = new BinaryReader(contentOf(SECTION.table).bytes, TABLE_MINIMUM_AT).u32();
  added[3]!.body = trackRejectionsFunction(findTracker(bodies, types.indexOf(TRACKER)), slot);
  const { QTS_NewString: newString, free } = called;
  const printed = {
    stock: indexOf(0),
    poll: pollIndex,
    newString: exported.get(newString)!,
    free: exported.get(free)!,
  };
  bodies[print] = printFunction(printed);
  bodies[atoms.index] = numberAtomFunction(indexOf(4), atoms.resize);
  bodies[parse] = parseFunction({ stock: indexOf(1), poll: pollIndex });

  const out = new BinaryWriter(stock.length + 4_096);
  out.copy(stock, 0, HEADER_BYTES);
  for (const { id, bytes } of sections) {
    out.byte(id);
    const more = (entries: Uint8Array[]): void => out.block((section) => addEntries(bytes, section, entries));
    if (id === SECTION.function) more(added.map(({ type }) => encodeU32(type)));
    else if (id === SECTION.table) out.block((table) => growTable(bytes, table));
    else if (id === SECTION.export) more([exportEntry('trackRejections', KIND.function, indexOf(3))]);
    else if (id === SECTION.element) more([elementOf(slot, indexOf(2))]);
    else if (id === SECTION.code) out.block((code) => writeBodies(code, [...bodies, ...added.map(({ body }) => body)]));
    else out.block((same) => same.copy(bytes, 0, bytes.length));
  }
  return out.done();
}

function signature(parameters: number[], results: number[]): string {
  return `${parameters.join()}>${results.join()}`;
}

function readSignatures(reader: BinaryReader): string[] {
  return readTypes(reader).map(({ parameters, results }) => signature([...parameters], [...results]));
}

function readBodies(reader: BinaryReader): Uint8Array[] {
  return Array.from({ length: reader.u32() }, () => reader.slice(reader.u32()));
}

function writeBodies(out: BinaryWriter, bodies: readonly Uint8Array[]): void {
  out.u32(bodies.length);
  for (const body of bodies) out.block((each) => each.copy(body, 0, body.length));
}

/** The index among the module's own functions of the one that has a type. */
function onlyOf(typeOf: readonly number[], type: number, what: string): number {
  const found = typeOf.flatMap((each, i) => (each === type ? [i] : []));
  if (found.length !== 1) throw new Error(`Cannot use this build of QuickJS: ${found.length} functions ${what}`);
  return found[0]!;
}

/** Count of tables, and what the first refers to; then its limits. */
const TABLE_MINIMUM_AT = 3;

/** One more slot in the table of functions. */
function growTable(section: Uint8Array, out: BinaryWriter): void {
  const reader = new BinaryReader(section, TABLE_MINIMUM_AT - 1);
  out.copy(section, 0, reader.at);
  const hasMaximum = reader.byte() === 1;
  out.byte(hasMaximum ? 1 : 0);
  out.u32(reader.u32() + 1);
  if (hasMaximum) out.u32(reader.u32() + 1);
  out.copy(section, reader.at, section.length);
}

function elementOf(slot: number, index: number): Uint8Array {
  const out = new BinaryWriter(16);
  out.byte(0);
  out.constant(slot);
  out.raw(OP.end, 1);
  out.u32(index);
  return out.done();
}

/**
 * Where a runtime keeps its tracker of rejections, in bytes: a function, and what that is given
 * last, which is loaded right before it is called.
 */
function findTracker(bodies: readonly Uint8Array[], type: number): number {
  const call = [OP.callIndirect, ...encodeU32(type), 0];
  const found = new Set<number>();
  for (const body of bodies) {
    for (let at = body.indexOf(OP.callIndirect); at >= 0; at = body.indexOf(OP.callIndirect, at + 1)) {
      if (!call.every((byte, i) => body[at + i] === byte)) continue;
      const reader = new BinaryReader(body, body.lastIndexOf(OP.i32Load, at) + 2);
      const offset = reader.u32();
      if (reader.byte() !== OP.localGet) continue; // the function, from a local
      reader.u32();
      if (reader.at === at) found.add(offset - 4);
    }
  }
  if (found.size !== 1) throw new Error(`Cannot use this build of QuickJS: ${found.size} positions for a tracker`);
  return [...found][0]!;
}
