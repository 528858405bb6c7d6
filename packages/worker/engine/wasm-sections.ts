import { I32, OP } from './opcodes.js';
import { BinaryReader, BinaryWriter } from './wasm-binary.js';

/*
 * Sections of a binary and their entries, as they are read and written: WebAssembly Core 2.0 §5.5.
 */

/** Magic number and version. */
export const HEADER_BYTES = 8;

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  global: 6,
  export: 7,
  element: 9,
  code: 10,
  data: 11,
} as const;

/** Kinds of what is imported and exported. */
export const KIND = { function: 0, table: 1, memory: 2, global: 3 } as const;

export interface Section {
  id: number;
  bytes: Uint8Array;
}

export function readSections(binary: Uint8Array): Section[] {
  const reader = new BinaryReader(binary, HEADER_BYTES);
  const sections: Section[] = [];
  while (reader.at < binary.length) sections.push({ id: reader.byte(), bytes: reader.slice(reader.u32()) });
  return sections;
}

export function writeCustomSection(out: BinaryWriter, name: string, text: string): void {
  out.byte(SECTION.custom);
  out.block((custom) => {
    custom.u32(name.length);
    custom.text(name + text);
  });
}

export interface Import {
  module: string;
  name: string;
  kind: number;
  /** Of a function. */
  type: number | undefined;
  /** Where its type, or the limits of a memory, begin and end in the section. */
  at: number;
  end: number;
}

/** @throws {Error} for an import that is neither a function nor a memory. */
export function readImports(reader: BinaryReader): Import[] {
  const text = (): string => new TextDecoder().decode(reader.slice(reader.u32()));
  return Array.from({ length: reader.u32() }, () => {
    const [module, name, kind] = [text(), text(), reader.byte()];
    const { at } = reader;
    let type: number | undefined;
    if (kind === KIND.function) type = reader.u32();
    else if (kind === KIND.memory) reader.skipLebs((reader.byte() & 1) === 1 ? 2 : 1);
    else throw new Error(`Cannot read an import of kind ${kind}`);
    return { module, name, kind, type, at, end: reader.at };
  });
}

/** Types of values, as bytes, that functions take and return. */
export interface FunctionType {
  parameters: Uint8Array;
  results: Uint8Array;
}

export function readTypes(reader: BinaryReader): FunctionType[] {
  return Array.from({ length: reader.u32() }, () => {
    reader.byte();
    const parameters = reader.slice(reader.u32());
    return { parameters, results: reader.slice(reader.u32()) };
  });
}

export function readVector(reader: BinaryReader): number[] {
  return Array.from({ length: reader.u32() }, () => reader.u32());
}

/** Copies the entries of a section and adds some, last. */
export function addEntries(section: Uint8Array, out: BinaryWriter, entries: Uint8Array[]): void {
  const reader = new BinaryReader(section);
  out.u32(reader.u32() + entries.length);
  out.copy(section, reader.at, section.length);
  for (const entry of entries) out.copy(entry, 0, entry.length);
}

export function encodeU32(value: number): Uint8Array {
  const out = new BinaryWriter(5);
  out.u32(value);
  return out.done();
}

export function mutableGlobal(value: number): Uint8Array {
  const out = new BinaryWriter(16);
  out.raw(I32, 1);
  out.constant(value);
  out.raw(OP.end);
  return out.done();
}

export function exportEntry(name: string, kind: number, index: number): Uint8Array {
  const out = new BinaryWriter(32);
  out.u32(name.length);
  out.text(name);
  out.byte(kind);
  out.u32(index);
  return out.done();
}

/** Indices of what is exported, by name. */
export function readExports(reader: BinaryReader): Map<string, number> {
  const entries = Array.from({ length: reader.u32() }, (): [string, number] => {
    const name = new TextDecoder().decode(reader.slice(reader.u32()));
    reader.byte();
    return [name, reader.u32()];
  });
  return new Map(entries);
}
