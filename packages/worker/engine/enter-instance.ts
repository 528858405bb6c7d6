import { OP } from './opcodes.js';
import { BinaryWriter } from './wasm-binary.js';

/** A table of functions, empty. */
export const INSTANCE_TABLE: Uint8Array = Uint8Array.of(0x70, 0, 0);

/**
 * A function that calls another, of a type with so many parameters, at the index of the table that
 * its last argument is.
 */
export function tableFunction(parameters: number, type: number, table: number): Uint8Array {
  const out = new BinaryWriter(64);
  out.u32(0); // no locals
  for (let i = 0; i <= parameters; i++) out.local(OP.localGet, i);
  out.local(OP.callIndirect, type);
  out.u32(table);
  out.raw(OP.end);
  return out.done();
}
