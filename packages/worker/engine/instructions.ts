import { BinaryReader } from './wasm-binary.js';
import { MEMORY_COPY, MEMORY_FILL } from './store-barrier.js';

/** Opcodes that `instrument.ts` looks at. */
export const OP = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  constant32: 0x41,
  constant64: 0x42,
  prefix: 0xfc,
} as const;

/**
 * A loop that chooses between more cases than this dispatches bytecode: it polls by itself and is
 * too hot to count. The others of the interpreter, which walk prototypes and scopes, do neither.
 */
const INTERPRETER_CASES = 200;

/**
 * Where the loop begins that dispatches bytecode: the innermost around its choice. -1 in a function
 * that has none.
 */
export function findDispatch(code: BinaryReader): number {
  const ahead = new BinaryReader(code.bytes, code.at);
  const blocks: number[] = []; // where the loops begin that are open, -1 for other blocks
  while (ahead.at < ahead.bytes.length) {
    const { at } = ahead;
    const op = ahead.byte();
    if (op === OP.block || op === OP.if) blocks.push(-1);
    else if (op === OP.loop) blocks.push(at);
    else if (op === OP.end) blocks.pop();
    else if (op === OP.brTable) {
      if (ahead.u32() >= INTERPRETER_CASES) return blocks.findLast((start) => start >= 0) ?? -1;
      ahead.at = at + 1;
    }
    skipImmediates(op, ahead);
  }
  return -1;
}

/** What the branches of a function lead to. */
export class Labels {
  readonly #dispatchAt: number;
  /** For each block that is open, whether it is a loop that counts. */
  readonly #counts: boolean[] = [];

  /** @param dispatchAt the loop that does not count. */
  constructor(dispatchAt: number) {
    this.#dispatchAt = dispatchAt;
  }

  /**
   * Takes note of an instruction.
   *
   * @param code right after the opcode, where it stays.
   * @returns whether it is a branch back to the start of a loop that counts. A loop that is passed
   *   once costs nothing.
   */
  pass(op: number, code: BinaryReader): boolean {
    if (op === OP.block || op === OP.if) this.#counts.push(false);
    else if (op === OP.loop) this.#counts.push(code.at - 1 !== this.#dispatchAt);
    else if (op === OP.end) this.#counts.pop();
    else if (op === OP.br || op === OP.brIf || op === OP.brTable)
      return this.#isTurn(op, new BinaryReader(code.bytes, code.at));
    return false;
  }

  #isTurn(op: number, ahead: BinaryReader): boolean {
    let targets = op === OP.brTable ? ahead.u32() + 1 : 1;
    for (; targets > 0; targets--) if (this.#counts[this.#counts.length - 1 - ahead.u32()]) return true;
    return false;
  }
}

export function isBulkWrite(sub: number): boolean {
  return sub === MEMORY_COPY || sub === MEMORY_FILL;
}

/** Moves past what follows an opcode. */
export function skipImmediates(op: number, code: BinaryReader): void {
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
      if (skipPrefixed(code.u32(), code)) return;
  }
  throw new Error(`Cannot instrument: unknown instruction 0x${op.toString(16)}`);
}

function skipPrefixed(sub: number, code: BinaryReader): boolean {
  if (sub === MEMORY_COPY) code.skipLebs(2);
  if (sub === MEMORY_FILL) code.skipLebs(1);
  return sub <= 7 || isBulkWrite(sub); // below 8: saturating conversions
}
