import { CARDS_SECTION, CARDS_VERSION } from '../src/quickjs/memory/cards.js';
import { chargeLength, countLoop, FUEL } from './loop-fuel.js';
import { INSTANCE_TABLE, tableFunction } from './enter-instance.js';
import { findDispatch, isBulkWrite, Labels, skipImmediates } from './instructions.js';
import { I32, OP } from './opcodes.js';
import { BinaryReader, BinaryWriter } from './wasm-binary.js';
import {
  addEntries,
  encodeU32,
  exportEntry,
  HEADER_BYTES,
  type Import,
  KIND,
  mutableGlobal,
  readExports,
  readImports,
  readSections,
  readVector,
  SECTION,
  writeCustomSection,
} from './wasm-sections.js';
import { replaceMultiplier, UNSEEDED } from './seed-hashes.js';
import type { EngineFunctions, IndexOf } from './engine-functions.js';
import { prefetchFunction } from './prefetch.js';
import { encodeFunction, readResultFunction } from './read-result.js';
import { restoreFunctions } from './restore-cards.js';
import { runHandlerFunction } from './run-handler.js';
import { settlePromiseFunction } from './settle-promise.js';
import { ADDED_LOCALS, BULK_LENGTH, doBulkWrite, doStore, STORES } from './store-barrier.js';

/**
 * Rewrites the engine's binary. Every store gets a write barrier (`store-barrier.ts`), and every
 * loop burns fuel (`loop-fuel.ts`), so that natives can be ended too. Hashes depend on a secret
 * (`seed-hashes.ts`). The memory may begin as small as the host likes, and functions are added: one
 * that restores dirty cards (`restore-cards.ts`), those that run a handler and settle what it waits
 * for (`run-handler.ts`, `settle-promise.ts`), and those that enter other instances
 * (`enter-instance.ts`).
 *
 * Format: WebAssembly Core 2.0 §5, without vector instructions.
 *
 * @param poll the imported function `(i32) → i32` that loops call, with 0.
 * @param functions where those are that handlers are run with; left out for a binary that has none.
 * @throws {Error} for an instruction that the binaries of quickjs-emscripten do not use, and
 *   without that import.
 */
export function instrument(
  binary: Uint8Array,
  poll: WebAssembly.ModuleImportDescriptor,
  functions?: EngineFunctions,
): Uint8Array<ArrayBuffer> {
  const out = new BinaryWriter(binary.length * 2);
  out.copy(binary, 0, HEADER_BYTES);
  let types: FunctionType[] = [];
  let typeOf: number[] = [];
  let imported: Import[] = [];
  let fuel = 0;
  let exported: Map<string, number> = new Map();
  let table = 0;
  const addedTypes = functions ? [...RESTORE_TYPES, ...HANDLER_TYPES] : RESTORE_TYPES;
  const addedIndex = (i: number): number => imported.length + typeOf.length + i;
  for (const { id, bytes: section } of readSections(binary)) {
    out.byte(id);
    if (id === SECTION.type) {
      types = readTypes(new BinaryReader(section));
      out.block((more) => addEntries(section, more, ADDED_TYPES));
    } else if (id === SECTION.import) {
      const imports = readImports(new BinaryReader(section));
      imported = imports.filter(({ kind }) => kind === KIND.function);
      out.block((same) => copyImports(section, imports, same));
    } else if (id === SECTION.function) {
      typeOf = readVector(new BinaryReader(section));
      const entries = addedTypes.map((type) => encodeU32(types.length + type));
      out.block((more) => addEntries(section, more, entries));
    } else if (id === SECTION.table && functions) {
      table = new BinaryReader(section).u32();
      out.block((more) => addEntries(section, more, [INSTANCE_TABLE]));
    } else if (id === SECTION.global) {
      fuel = new BinaryReader(section).u32();
      out.block((more) => addEntries(section, more, [FUEL, 0, UNSEEDED].map(mutableGlobal)));
    } else if (id === SECTION.export) {
      exported = readExports(new BinaryReader(section));
      const entries = [exportEntry('restoreCards', KIND.function, addedIndex(ADDED.restoreCards))];
      if (functions) entries.push(...handlerExports(addedIndex, fuel, table));
      out.block((more) => addEntries(section, more, entries));
    } else if (id === SECTION.code) {
      const isPoll = ({ module, name, type }: Import): boolean =>
        module === poll.module && name === poll.name && types[type!]!.isPoll;
      const pollIndex = imported.findIndex(isPoll);
      if (pollIndex === -1 || fuel === 0) throw new Error('Cannot instrument: no function to poll, or no globals');
      const parametersOf = (i: number): number => types[typeOf[i]!]!.parameters;
      const added = restoreFunctions(addedIndex(0));
      if (functions) {
        const indexOf = (name: keyof EngineFunctions): number => exported.get(functions[name])!;
        const tableCall = (type: number): Uint8Array => tableFunction(PARAMETERS[type]!, types.length + type, table);
        added.push(...handlerFunctions(indexOf, addedIndex, fuel), ...ENTERED.map(tableCall));
      }
      out.block((code) => rewriteCode(new BinaryReader(section), code, { parametersOf, pollIndex, fuel, added }));
    } else out.block((same) => same.copy(section, 0, section.length));
  }
  writeCustomSection(out, CARDS_SECTION, CARDS_VERSION);
  return out.done();
}

/** The functions that are added return an i32 and take so many: {@link TYPE} names them. */
const PARAMETERS = [2, 4, 8, 9, 5, 14, 15];
const TYPE = {
  pair: 0,
  four: 1,
  runHandler: 2,
  enterHandler: 3,
  enterRestoreCards: 4,
  settlePromise: 5,
  enterSettlePromise: 6,
};
const ADDED_TYPES = PARAMETERS.map((count) => Uint8Array.of(0x60, count, ...Array<number>(count).fill(I32), 1, I32));

/** Types of the functions that are added, in their order. */
const RESTORE_TYPES = [TYPE.pair, TYPE.pair, TYPE.four];
const HANDLER_TYPES = [
  ...[TYPE.pair, TYPE.pair, TYPE.four, TYPE.runHandler, TYPE.settlePromise],
  ...[TYPE.enterHandler, TYPE.enterRestoreCards, TYPE.enterSettlePromise],
];
/** Those that others refer to, by their index. */
const ADDED = {
  restoreCards: 2,
  encode: 3,
  prefetch: 4,
  readResult: 5,
  runHandler: 6,
  settlePromise: 7,
  enterHandler: 8,
  enterRestoreCards: 9,
  enterSettlePromise: 10,
};
/** Types of the functions that are entered through the table. */
const ENTERED = [TYPE.runHandler, TYPE.four, TYPE.settlePromise];

/** What is exported for handlers beside `restoreCards`. */
function handlerExports(addedIndex: (added: number) => number, fuel: number, table: number): Uint8Array[] {
  const entry = (name: Exclude<keyof typeof ADDED, 'prefetch' | 'readResult'>): Uint8Array =>
    exportEntry(name, KIND.function, addedIndex(ADDED[name]));
  return [
    entry('encode'),
    entry('runHandler'),
    entry('settlePromise'),
    exportEntry('strict', KIND.global, fuel + 1),
    exportEntry('hashSeed', KIND.global, fuel + 2),
    exportEntry('table', KIND.table, table),
    entry('enterHandler'),
    entry('enterRestoreCards'),
    entry('enterSettlePromise'),
  ];
}

/** The functions that handlers are run with, but for those of the instance table. */
function handlerFunctions(indexOf: IndexOf, addedIndex: (added: number) => number, fuel: number): Uint8Array[] {
  const parts = { prefetch: addedIndex(ADDED.prefetch), readResult: addedIndex(ADDED.readResult) };
  return [
    encodeFunction(indexOf, fuel + 1),
    prefetchFunction(),
    readResultFunction(indexOf, addedIndex(ADDED.encode)),
    runHandlerFunction(indexOf, parts),
    settlePromiseFunction(indexOf, parts),
  ];
}

interface FunctionType {
  parameters: number;
  isPoll: boolean;
}

interface Module {
  parametersOf: (index: number) => number;
  pollIndex: number;
  /** The global that loops count down. */
  fuel: number;
  /** Bodies of functions that follow. */
  added: readonly Uint8Array[];
}

function readTypes(reader: BinaryReader): FunctionType[] {
  return Array.from({ length: reader.u32() }, () => {
    reader.byte();
    const parameters = reader.slice(reader.u32());
    const results = reader.slice(reader.u32());
    const isPoll = [parameters, results].every(({ length, 0: type }) => length === 1 && type === I32);
    return { parameters: parameters.length, isPoll };
  });
}

/**
 * Copies the imports; the memory may be of any size, since the 16 MiB that the binary asks for are
 * more than most calls need.
 */
function copyImports(section: Uint8Array, imports: readonly Import[], out: BinaryWriter): void {
  let copied = 0;
  for (const { kind, at, end } of imports) {
    if (kind !== KIND.memory) continue;
    out.copy(section, copied, at);
    const limits = new BinaryReader(section, at);
    const hasMaximum = (limits.byte() & 1) === 1;
    limits.u32();
    out.raw(hasMaximum ? 1 : 0, 0);
    if (hasMaximum) out.u32(limits.u32());
    copied = end;
  }
  out.copy(section, copied, section.length);
}

function rewriteCode(reader: BinaryReader, out: BinaryWriter, module: Module): void {
  const count = reader.u32();
  out.u32(count + module.added.length);
  for (let i = 0; i < count; i++) {
    const code = new BinaryReader(reader.slice(reader.u32()));
    out.block((body) => rewriteFunction(code, body, module.parametersOf(i), module));
  }
  for (const added of module.added) out.block((body) => body.copy(added, 0, added.length));
}

function rewriteFunction(code: BinaryReader, out: BinaryWriter, parameters: number, module: Module): void {
  const groups = code.u32();
  const groupsAt = code.at;
  let locals = parameters;
  for (let i = 0; i < groups; i++) {
    locals += code.u32();
    code.byte();
  }
  out.u32(groups + ADDED_LOCALS.length);
  out.copy(code.bytes, groupsAt, code.at);
  for (const type of ADDED_LOCALS) out.raw(1, type);

  const labels = new Labels(findDispatch(code));
  let copied = code.at;
  while (code.at < code.bytes.length) {
    const at = code.at;
    const op = code.byte();
    const store = STORES[op - OP.i32Store];
    if (store) {
      const alignment = code.u32();
      const offset = code.u32();
      out.copy(code.bytes, copied, at);
      doStore(out, locals, store, { bytes: code.bytes.subarray(at, code.at), alignment, offset });
      copied = code.at;
    } else if (op === OP.prefix && isBulkWrite(code.bytes[code.at]!)) {
      skipImmediates(op, code);
      out.copy(code.bytes, copied, at);
      doBulkWrite(out, locals, code.bytes.subarray(at, code.at));
      chargeLength(out, locals + BULK_LENGTH, module.fuel, module.pollIndex);
      copied = code.at;
    } else if (op === OP.i32Const || op === OP.i64Const) {
      skipImmediates(op, code);
      copied = replaceMultiplier(out, code, { copied, at }, module.fuel + 2);
    } else {
      const isLoopBranch = labels.pass(op, code);
      skipImmediates(op, code);
      if (!isLoopBranch) continue;
      out.copy(code.bytes, copied, at);
      countLoop(out, locals, module.fuel, module.pollIndex);
      copied = at;
    }
  }
  out.copy(code.bytes, copied, code.bytes.length);
}
