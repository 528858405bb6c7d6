import { CARD_SHIFT, CARD_TABLE, CARDS_SECTION, CARDS_VERSION } from './cards.js';
import { BinaryReader, BinaryWriter } from './leb128.js';

/**
 * Has a WASM binary mark what it writes: after every store, the mark of the card in the card table (`cards.ts`). A restore
 * then copies the few cards that a call has touched, not the whole of what it might have.
 *
 * The mark follows its store, so code that overwrites the table leaves the table's own mark set.
 *
 * Format: WebAssembly Core 2.0 §5, without vector instructions.
 *
 * @throws {Error} for an instruction that the binaries of quickjs-emscripten do not use.
 */
export function trackWrites(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new BinaryReader(binary);
  const out = new BinaryWriter(binary.length * 2);
  out.copy(binary, 0, HEADER_BYTES);
  reader.at = HEADER_BYTES;
  let parameterCounts: number[] = [];
  let typeOf: number[] = [];
  while (reader.at < binary.length) {
    const id = reader.byte();
    const section = reader.slice(reader.u32());
    out.byte(id);
    if (id === SECTION.type) parameterCounts = readParameterCounts(new BinaryReader(section));
    if (id === SECTION.function) typeOf = readVector(new BinaryReader(section));
    if (id === SECTION.code)
      out.block((code) => trackCode(new BinaryReader(section), code, (i) => parameterCounts[typeOf[i]!]!));
    else out.block((same) => same.copy(section, 0, section.length));
  }
  out.byte(SECTION.custom);
  out.block((custom) => {
    custom.u32(CARDS_SECTION.length);
    custom.text(CARDS_SECTION + CARDS_VERSION);
  });
  return out.done();
}

const HEADER_BYTES = 8;
const SECTION = { custom: 0, type: 1, function: 3, code: 10 };
const I32 = 0x7f;
const I64 = 0x7e;
const F32 = 0x7d;
const F64 = 0x7c;

const OP = {
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Store8: 0x3a,
  i32Const: 0x41,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32ShrU: 0x76,
  prefix: 0xfc,
};
const FIRST_STORE = 0x36;

/** What each store takes, and log2 of the bytes that it writes, from `i32.store` on. */
const STORES: readonly (readonly [type: number, width: number])[] = [
  [I32, 2],
  [I64, 3],
  [F32, 2],
  [F64, 3],
  [I32, 0],
  [I32, 1],
  [I64, 0],
  [I64, 1],
  [I64, 2],
];

/** After {@link OP.prefix}. */
const MEMORY_COPY = 10;
const MEMORY_FILL = 11;

function readVector(reader: BinaryReader): number[] {
  return Array.from({ length: reader.u32() }, () => reader.u32());
}

/** How many parameters each function type has: they are a function's first locals. */
function readParameterCounts(reader: BinaryReader): number[] {
  return Array.from({ length: reader.u32() }, () => {
    reader.byte();
    const count = reader.slice(reader.u32()).length;
    reader.slice(reader.u32());
    return count;
  });
}

function trackCode(reader: BinaryReader, out: BinaryWriter, parametersOf: (index: number) => number): void {
  const count = reader.u32();
  out.u32(count);
  for (let i = 0; i < count; i++) {
    const code = new BinaryReader(reader.slice(reader.u32()));
    out.block((body) => trackFunction(code, body, parametersOf(i)));
  }
}

/** Locals that are added to every function, in this order; those that it does not use cost nothing once compiled. */
const ADDED: readonly number[] = [I32, I32, I32, I64, F32, F64];

function trackFunction(code: BinaryReader, out: BinaryWriter, parameters: number): void {
  const groups = code.u32();
  const groupsAt = code.at;
  let locals = parameters;
  for (let i = 0; i < groups; i++) {
    locals += code.u32();
    code.byte();
  }
  out.u32(groups + ADDED.length);
  out.copy(code.bytes, groupsAt, code.at);
  for (const type of ADDED) out.raw(1, type);

  let copied = code.at;
  while (code.at < code.bytes.length) {
    const at = code.at;
    const op = code.byte();
    const store = STORES[op - FIRST_STORE];
    if (store) {
      const [type, width] = store;
      const alignment = code.u32();
      const offset = code.u32();
      out.copy(code.bytes, copied, at);
      doStore(out, locals, type, code.bytes.subarray(at, code.at));
      markAddress(out, locals, offset);
      if (alignment < width) markAddress(out, locals, offset + (1 << width) - 1); // may reach into the next card
      copied = code.at;
    } else if (op === OP.prefix && isBulkWrite(code.bytes[code.at]!)) {
      code.at += code.bytes[code.at] === MEMORY_COPY ? 3 : 2;
      out.copy(code.bytes, copied, at);
      markBulkWrite(out, locals, code.bytes.subarray(at, code.at));
      copied = code.at;
    } else skipImmediates(op, code);
  }
  out.copy(code.bytes, copied, code.bytes.length);
}

function isBulkWrite(sub: number): boolean {
  return sub === MEMORY_COPY || sub === MEMORY_FILL;
}

/** Runs a store, `[address, value]` being on the stack, and keeps the address in the first added local. */
function doStore(out: BinaryWriter, locals: number, type: number, store: Uint8Array): void {
  const value = locals + ADDED.lastIndexOf(type);
  out.local(OP.localSet, value);
  out.local(OP.localTee, locals);
  out.local(OP.localGet, value);
  out.copy(store, 0, store.length);
}

function markAddress(out: BinaryWriter, address: number, offset: number): void {
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

/** `[destination, source or byte, length]` are on the stack. A length of 0 marks a card for nothing. */
function markBulkWrite(out: BinaryWriter, locals: number, write: Uint8Array): void {
  const [to, other, length] = [locals, locals + 1, locals + 2];
  for (const local of [length, other, to]) out.local(OP.localSet, local);
  for (const local of [to, other, length]) out.local(OP.localGet, local);
  out.copy(write, 0, write.length);
  const firstCard = other;
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

/** Moves past what follows an opcode. */
function skipImmediates(op: number, code: BinaryReader): void {
  if (op >= 0x28 && op <= 0x3e) return code.skipLebs(2); // loads and stores: alignment and offset
  if (op >= 0x45 && op <= 0xc4) return; // comparisons, arithmetic, conversions
  switch (op) {
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0b: // end
    case 0x0f: // return
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
      return;
    case 0x02: // block
    case 0x03: // loop
    case 0x04: // if
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x10: // call
    case 0x20: // local.get
    case 0x21: // local.set
    case 0x22: // local.tee
    case 0x23: // global.get
    case 0x24: // global.set
    case 0x25: // table.get
    case 0x26: // table.set
    case 0x3f: // memory.size
    case 0x40: // memory.grow
    case 0x41: // i32.const
    case 0x42: // i64.const
    case 0xd0: // ref.null
    case 0xd2: // ref.func
      return code.skipLebs(1);
    case 0x11: // call_indirect
      return code.skipLebs(2);
    case 0x0e: // br_table
      return code.skipLebs(code.u32() + 1);
    case 0x43: // f32.const
      code.at += 4;
      return;
    case 0x44: // f64.const
      code.at += 8;
      return;
    case OP.prefix:
      if (code.u32() <= 7) return; // saturating conversions
  }
  throw new Error(`Cannot track writes: unknown instruction 0x${op.toString(16)}`);
}
