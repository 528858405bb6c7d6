import { BinaryWriter } from '../wasm-binary.js';

/** The import that such a module's loops may ask. */
export const POLL = { module: 'a', name: 'c', kind: 'function' } as const;

/** A module with an exported function `(i32, i32, i32) → ()` for each body. */
export function moduleOf(bodies: Record<string, number[]>): Uint8Array<ArrayBuffer> {
  const out = new BinaryWriter(1_024);
  out.raw(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const names = Object.keys(bodies);
  const section = (id: number, write: (out: BinaryWriter) => void): void => {
    out.byte(id);
    out.block(write);
  };
  section(1, (types) => types.raw(2, 0x60, 3, 0x7f, 0x7f, 0x7f, 0, 0x60, 1, 0x7f, 1, 0x7f));
  section(2, (imports) => {
    imports.raw(2, 1, 0x61, 1, 0x62, 2, 0, 16); // the memory "a"."b", 16 pages at least
    imports.raw(1, 0x61, 1, 0x63, 0, 1); // the function "a"."c"
  });
  section(3, (functions) => {
    functions.u32(names.length);
    for (const _ of names) functions.u32(0);
  });
  section(6, (globals) => globals.raw(1, 0x7f, 1, 0x41, 0, 0x0b)); // not the one that counts
  section(7, (exports) => {
    exports.u32(names.length);
    for (const [i, name] of names.entries()) {
      exports.u32(name.length);
      exports.text(name);
      exports.raw(0, i + 1);
    }
  });
  section(10, (code) => {
    code.u32(names.length);
    for (const body of Object.values(bodies)) code.block((each) => each.raw(0, ...body, 0x0b));
  });
  return out.done();
}

/** The exports of such a module, whose loops ask nobody. The caller says what they are. */
export async function instantiate<Exports>(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Exports> {
  const { exports } = await WebAssembly.instantiate(module, { a: { b: memory, c: () => 0 } });
  return exports as Exports;
}
