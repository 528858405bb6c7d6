import { CARDS_SECTION, CARDS_VERSION } from '../src/quickjs/memory/cards.js';
import { INSTANCE_TABLE, tableFunction } from './enter-instance.js';
import { enterFrame, findFrameStores } from './frame-stores.js';
import { isBulkWrite } from './instructions.js';
import { I32, OP } from './opcodes.js';
import type { Effect, Signatures } from './operands.js';
import { BinaryReader, BinaryWriter } from './wasm-binary.js';
import {
  addEntries,
  encodeU32,
  exportEntry,
  type FunctionType,
  HEADER_BYTES,
  type Import,
  KIND,
  mutableGlobal,
  readExports,
  readImports,
  readSections,
  readTypes,
  readVector,
  SECTION,
  writeCustomSection,
} from './wasm-sections.js';
import type { EngineFunctions, IndexOf } from './engine-functions.js';
import { prefetchFunction } from './prefetch.js';
import { encodeFunction, readResultFunction } from './read-result.js';
import { restoreFunctions } from './restore-cards.js';
import { type Body, rewriteCode, type Visit } from './rewrite-code.js';
import { runHandlerFunction } from './run-handler.js';
import { settlePromiseFunction } from './settle-promise.js';
import { ADDED_LOCALS, doBulkWrite, doStore, STORES } from './store-barrier.js';

/**
 * Rewrites the engine's binary once its functions are inlined. Every store gets a write barrier
 * (`store-barrier.ts`, `frame-stores.ts`), the memory may begin as small as the host likes, and
 * functions are added: one that restores dirty cards (`restore-cards.ts`), those that run a handler
 * and settle what it waits for (`run-handler.ts`, `settle-promise.ts`), and those that enter other
 * instances (`enter-instance.ts`).
 *
 * Format: WebAssembly Core 2.0 §5, without vector instructions.
 *
 * @param functions where those are that handlers are run with; left out for a binary that has none.
 * @throws {Error} for an instruction that the binaries of quickjs-emscripten do not use.
 */
export function instrument(binary: Uint8Array, functions?: EngineFunctions): Uint8Array<ArrayBuffer> {
  const out = new BinaryWriter(binary.length * 2);
  out.copy(binary, 0, HEADER_BYTES);
  let types: FunctionType[] = [];
  let typeOf: number[] = [];
  let imported: Import[] = [];
  let strict = 0;
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
      strict = new BinaryReader(section).u32();
      out.block((more) => addEntries(section, more, [mutableGlobal(0)]));
    } else if (id === SECTION.export) {
      exported = readExports(new BinaryReader(section));
      const entries = [exportEntry('restoreCards', KIND.function, addedIndex(ADDED.restoreCards))];
      if (functions) entries.push(...handlerExports(addedIndex, strict, table));
      out.block((more) => addEntries(section, more, entries));
    } else if (id === SECTION.code) {
      const parametersOf = (i: number): number => types[typeOf[i]!]!.parameters.length;
      const added = restoreFunctions(addedIndex(0));
      if (functions) {
        const indexOf = (name: keyof EngineFunctions): number => exported.get(functions[name])!;
        const tableCall = (type: number): Uint8Array => tableFunction(PARAMETERS[type]!, types.length + type, table);
        added.push(...handlerFunctions(indexOf, addedIndex, strict), ...ENTERED.map(tableCall));
      }
      const effectOf = ({ parameters, results }: FunctionType): Effect => [parameters.length, results.length];
      const signatures: Signatures = {
        ofType: (i) => effectOf(types[i]!),
        ofFunction: (i) => effectOf(types[imported[i]?.type ?? typeOf[i - imported.length]!]!),
      };
      const open = (body: Body): Visit => visitorOf(body, signatures);
      out.block((code) => rewriteCode(section, code, { parametersOf, locals: ADDED_LOCALS, open, added }));
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
function handlerExports(addedIndex: (added: number) => number, strict: number, table: number): Uint8Array[] {
  const entry = (name: Exclude<keyof typeof ADDED, 'prefetch' | 'readResult'>): Uint8Array =>
    exportEntry(name, KIND.function, addedIndex(ADDED[name]));
  return [
    entry('encode'),
    entry('runHandler'),
    entry('settlePromise'),
    exportEntry('strict', KIND.global, strict),
    exportEntry('table', KIND.table, table),
    entry('enterHandler'),
    entry('enterRestoreCards'),
    entry('enterSettlePromise'),
  ];
}

/** The functions that handlers are run with, but for those of the instance table. */
function handlerFunctions(indexOf: IndexOf, addedIndex: (added: number) => number, strict: number): Uint8Array[] {
  const parts = { prefetch: addedIndex(ADDED.prefetch), readResult: addedIndex(ADDED.readResult) };
  return [
    encodeFunction(indexOf, strict),
    prefetchFunction(),
    readResultFunction(indexOf, addedIndex(ADDED.encode)),
    runHandlerFunction(indexOf, parts),
    settlePromiseFunction(indexOf, parts),
  ];
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

function visitorOf(body: Body, signatures: Signatures): Visit {
  const { code, out, firstAdded } = body;
  const frame = findFrameStores(code, signatures);
  return (op, at) => {
    if (frame && at === frame.madeAt) {
      body.insertAt(at);
      enterFrame(out, frame);
    }
    if (frame?.stores.has(at)) return;
    const store = STORES[op - OP.i32Store];
    if (store) {
      const immediates = new BinaryReader(code.bytes, at + 1);
      const [alignment, offset] = [immediates.u32(), immediates.u32()];
      body.replaceFrom(at);
      doStore(out, firstAdded, store, { bytes: code.bytes.subarray(at, code.at), alignment, offset });
    } else if (op === OP.prefix && isBulkWrite(code.bytes[at + 1]!)) {
      body.replaceFrom(at);
      doBulkWrite(out, firstAdded, code.bytes.subarray(at, code.at));
    }
  };
}
