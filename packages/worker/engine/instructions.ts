import { MEMORY_COPY, MEMORY_FILL, OP } from './opcodes.js';
import { BinaryReader } from './wasm-binary.js';

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

/** Tells which branches of a function lead back to the start of a loop. */
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
   * @param at where it begins.
   * @returns whether it is a branch back to the start of a loop that counts. A loop that is passed
   *   once costs nothing.
   */
  pass(op: number, bytes: Uint8Array, at: number): boolean {
    if (op === OP.block || op === OP.if) this.#counts.push(false);
    else if (op === OP.loop) this.#counts.push(at !== this.#dispatchAt);
    else if (op === OP.end) this.#counts.pop();
    else if (op === OP.br || op === OP.brIf || op === OP.brTable)
      return this.#isLoopBranch(op, new BinaryReader(bytes, at + 1));
    return false;
  }

  #isLoopBranch(op: number, ahead: BinaryReader): boolean {
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
  if (op >= OP.i32Load && op <= OP.i64Store32) return code.skipLebs(2); // alignment and offset
  if (op >= OP.i32Eqz && op <= OP.i64Extend32S) return; // comparisons, arithmetic, conversions
  switch (op) {
    case OP.unreachable:
    case OP.nop:
    case OP.else:
    case OP.end:
    case OP.return:
    case OP.drop:
    case OP.select:
    case OP.refIsNull:
      return;
    case OP.block:
    case OP.loop:
    case OP.if:
    case OP.br:
    case OP.brIf:
    case OP.call:
    case OP.localGet:
    case OP.localSet:
    case OP.localTee:
    case OP.globalGet:
    case OP.globalSet:
    case OP.tableGet:
    case OP.tableSet:
    case OP.memorySize:
    case OP.memoryGrow:
    case OP.i32Const:
    case OP.i64Const:
    case OP.refNull:
    case OP.refFunc:
      return code.skipLebs(1);
    case OP.callIndirect:
      return code.skipLebs(2);
    case OP.brTable:
      return code.skipLebs(code.u32() + 1);
    case OP.f32Const:
      code.at += 4;
      return;
    case OP.f64Const:
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
