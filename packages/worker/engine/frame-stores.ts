import { CARD_BYTES, COPIES_END } from '../src/quickjs/memory/cards.js';
import { skipImmediates } from './instructions.js';
import { NO_RESULT, OP } from './opcodes.js';
import { Operands, type Signatures } from './operands.js';
import { markAddress, STORES } from './store-barrier.js';
import { BinaryReader, type BinaryWriter } from './wasm-binary.js';

/*
 * Many functions of the engine keep a few values in a frame on the C stack. A function whose frame
 * is no longer than a card marks both of its ends when it makes it, and not at each store.
 *
 * The frame begins where a global says and lies above the card table and the copies, or the
 * function traps. So what is stored to it clears no marks, and needs none that follows it.
 */

/** emscripten's stack pointer is its first global. */
const STACK_POINTER = 0;

/** The frame of a function. */
export interface FrameStores {
  /** The local that holds its address, from an address in the code on. */
  local: number;
  madeAt: number;
  bytes: number;
  /** Where the stores to it begin. */
  stores: ReadonlySet<number>;
}

/** Finds the frame of a function and what is stored there; undefined if none has that size. */
export function findFrameStores(code: BinaryReader, signatures: Signatures): FrameStores | undefined {
  const frame = findFrame(code);
  if (!frame || frame.bytes > CARD_BYTES) return undefined;
  const operands = new Operands(signatures);
  const stores = new Set<number>();
  const reader = new BinaryReader(code.bytes, code.at);
  while (reader.at < reader.bytes.length) {
    const { at } = reader;
    const op = reader.byte();
    skipImmediates(op, reader);
    const store = STORES[op - OP.i32Store];
    if (store && operands.local(1) === frame.local) {
      const immediates = new BinaryReader(code.bytes, at + 1);
      immediates.u32();
      if (immediates.u32() + (1 << store.width) <= frame.bytes) stores.add(at);
    }
    if ((op === OP.localSet || op === OP.localTee) && at >= frame.madeAt) {
      // the local is used for more
      if (new BinaryReader(code.bytes, at + 1).u32() === frame.local) return undefined;
    }
    operands.pass(op, code.bytes, at);
  }
  return stores.size > 2 ? { ...frame, stores } : undefined;
}

/** Writes what a function does once it has made its frame. */
export function enterFrame(out: BinaryWriter, { local, bytes }: FrameStores): void {
  out.local(OP.localGet, local);
  out.constant(COPIES_END);
  out.raw(OP.i32LtU, OP.if, NO_RESULT, OP.unreachable, OP.end);
  for (const offset of [0, bytes - 1]) markAddress(out, local, offset);
}

/** The first instructions of a function that has a frame: `local = stack pointer - bytes`. */
function findFrame(code: BinaryReader): Omit<FrameStores, 'stores'> | undefined {
  const reader = new BinaryReader(code.bytes, code.at);
  if (reader.byte() !== OP.globalGet || reader.u32() !== STACK_POINTER || reader.byte() !== OP.i32Const)
    return undefined;
  const bytes = Number(reader.signed());
  if (bytes <= 0 || reader.byte() !== OP.i32Sub) return undefined;
  let local: number | undefined;
  let madeAt = reader.at;
  // kept in two locals at times, of which the last is for the frame alone
  for (let op = reader.byte(); op === OP.localTee || op === OP.localSet; op = reader.byte()) {
    local = reader.u32();
    madeAt = reader.at;
    if (op === OP.localSet) break;
  }
  return local === undefined ? undefined : { local, bytes, madeAt };
}
