import { I32, OP } from './opcodes.js';
import { BinaryReader, BinaryWriter } from './wasm-binary.js';

/*
 * Entries of the sections of a binary, as they are read and written: WebAssembly Core 2.0 §5.5.
 */

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
