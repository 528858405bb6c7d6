import { findDispatch, isBulkWrite, Labels } from './instructions.js';
import { chargeLength, countLoop, FUEL } from './loop-fuel.js';
import { I32, OP } from './opcodes.js';
import { type Body, rewriteCode, type Visit } from './rewrite-code.js';
import { replaceMultiplier, UNSEEDED } from './seed-hashes.js';
import { BinaryReader, BinaryWriter } from './wasm-binary.js';
import {
  addEntries,
  exportEntry,
  HEADER_BYTES,
  type Import,
  KIND,
  mutableGlobal,
  readImports,
  readSections,
  readTypes,
  readVector,
  SECTION,
} from './wasm-sections.js';

/** Indices of what code is written with. */
interface Indices {
  /** The function that loops ask, with 0. */
  poll: number;
  /** The global that they count down. */
  fuel: number;
  /** The global that hashes depend on. */
  seed: number;
}

/**
 * Rewrites the engine's binary before its functions are inlined: a loop of a native is counted
 * wherever it comes to lie. Every loop burns fuel (`loop-fuel.ts`), so that natives can be ended
 * too, and hashes depend on a secret (`seed-hashes.ts`).
 *
 * Format: WebAssembly Core 2.0 §5, without vector instructions.
 *
 * @param poll the imported function `(i32) → i32` that loops call, with 0.
 * @throws {Error} for an instruction that the binaries of quickjs-emscripten do not use, and
 *   without that import.
 */
export function countLoops(binary: Uint8Array, poll: WebAssembly.ModuleImportDescriptor): Uint8Array<ArrayBuffer> {
  const out = new BinaryWriter(binary.length * 2);
  out.copy(binary, 0, HEADER_BYTES);
  const sections = new Map(readSections(binary).map(({ id, bytes }) => [id, bytes]));
  const readerOf = (id: number): BinaryReader => new BinaryReader(sections.get(id) ?? Uint8Array.of(0));
  const types = readTypes(readerOf(SECTION.type));
  const typeOf = readVector(readerOf(SECTION.function));
  const imported = readImports(readerOf(SECTION.import)).filter(({ kind }) => kind === KIND.function);
  const isPoll = ({ module, name, type }: Import): boolean =>
    module === poll.module && name === poll.name && isI32ToI32(types[type!]!);
  const fuel = readerOf(SECTION.global).u32();
  const indices = { poll: imported.findIndex(isPoll), fuel, seed: fuel + 1 };
  if (indices.poll === -1 || fuel === 0) throw new Error('Cannot count loops: no function to poll, or no globals');
  for (const { id, bytes } of readSections(binary)) {
    out.byte(id);
    if (id === SECTION.global) out.block((more) => addEntries(bytes, more, [FUEL, UNSEEDED].map(mutableGlobal)));
    else if (id === SECTION.export)
      out.block((more) => addEntries(bytes, more, [exportEntry('hashSeed', KIND.global, indices.seed)]));
    else if (id === SECTION.code) {
      const parametersOf = (i: number): number => types[typeOf[i]!]!.parameters.length;
      out.block((code) =>
        rewriteCode(bytes, code, { parametersOf, locals: [I32], open: (body) => visitorOf(body, indices) }),
      );
    } else out.block((same) => same.copy(bytes, 0, bytes.length));
  }
  return out.done();
}

function isI32ToI32(type: { parameters: Uint8Array; results: Uint8Array }): boolean {
  return [type.parameters, type.results].every(({ length, 0: only }) => length === 1 && only === I32);
}

function visitorOf(body: Body, { poll, fuel, seed }: Indices): Visit {
  const { code, out, firstAdded: local } = body;
  const labels = new Labels(findDispatch(code));
  return (op, at) => {
    if (op === OP.i32Const || op === OP.i64Const) replaceMultiplier(body, at, seed);
    else if (op === OP.prefix && isBulkWrite(code.bytes[at + 1]!)) {
      body.insertAt(at);
      out.local(OP.localTee, local); // the length is on the top
      body.insertAt(code.at);
      chargeLength(out, local, fuel, poll);
    } else if (labels.pass(op, code.bytes, at)) {
      body.insertAt(at);
      countLoop(out, local, fuel, poll);
    }
  };
}
