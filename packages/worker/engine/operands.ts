import { isBulkWrite } from './instructions.js';
import { NO_RESULT, OP } from './opcodes.js';
import { BinaryReader } from './wasm-binary.js';

/** How many operands something takes and leaves. */
export type Effect = readonly [takes: number, leaves: number];

/** Effects of what is called, by the index of a function and of a type. */
export interface Signatures {
  ofFunction: (index: number) => Effect;
  ofType: (index: number) => Effect;
}

/** Blocks of opcodes that have one effect: the first and the last. */
const EFFECTS: readonly (readonly [first: number, last: number, effect: Effect])[] = [
  [OP.unreachable, OP.nop, [0, 0]],
  [OP.brIf, OP.brTable, [1, 0]],
  [OP.drop, OP.drop, [1, 0]],
  [OP.select, OP.select, [3, 1]],
  [OP.localGet, OP.localGet, [0, 1]],
  [OP.localSet, OP.localSet, [1, 0]],
  [OP.localTee, OP.localTee, [1, 1]],
  [OP.globalGet, OP.globalGet, [0, 1]],
  [OP.globalSet, OP.globalSet, [1, 0]],
  [OP.tableGet, OP.tableGet, [1, 1]],
  [OP.tableSet, OP.tableSet, [2, 0]],
  [OP.i32Load, OP.i64Load32U, [1, 1]],
  [OP.i32Store, OP.i64Store32, [2, 0]],
  [OP.memorySize, OP.memorySize, [0, 1]],
  [OP.memoryGrow, OP.memoryGrow, [1, 1]],
  [OP.i32Const, OP.f64Const, [0, 1]],
  [OP.i32Eqz, OP.i32Eqz, [1, 1]],
  [OP.i32Eq, OP.i32GeU, [2, 1]],
  [OP.i64Eqz, OP.i64Eqz, [1, 1]],
  [OP.i64Eq, OP.f64Ge, [2, 1]],
  [OP.i32Clz, OP.i32Popcnt, [1, 1]],
  [OP.i32Add, OP.i32Rotr, [2, 1]],
  [OP.i64Clz, OP.i64Popcnt, [1, 1]],
  [OP.i64Add, OP.i64Rotr, [2, 1]],
  [OP.f32Abs, OP.f32Sqrt, [1, 1]],
  [OP.f32Add, OP.f32Copysign, [2, 1]],
  [OP.f64Abs, OP.f64Sqrt, [1, 1]],
  [OP.f64Add, OP.f64Copysign, [2, 1]],
  [OP.i32WrapI64, OP.i64Extend32S, [1, 1]],
  [OP.refNull, OP.refNull, [0, 1]],
  [OP.refIsNull, OP.refIsNull, [1, 1]],
  [OP.refFunc, OP.refFunc, [0, 1]],
];

const EFFECT_OF: ReadonlyMap<number, Effect> = new Map(
  EFFECTS.flatMap(([first, last, effect]) => Array.from({ length: last - first + 1 }, (_, i) => [first + i, effect])),
);

/** Begins and ends of what changes the height of the stack, or what code it is of. */
const LEAVES: ReadonlySet<number> = new Set([OP.br, OP.brTable, OP.return, OP.unreachable]);

/**
 * The stack of operands of a function, as far as it is known when the function is read from front
 * to back: for each operand, the local that it is a copy of, or -1.
 */
export class Operands {
  readonly #signatures: Signatures;
  readonly #locals: number[] = [];
  readonly #blocks: { height: number; results: number }[] = [{ height: 0, results: 0 }];

  constructor(signatures: Signatures) {
    this.#signatures = signatures;
  }

  /** How many blocks are open around an instruction. */
  get depth(): number {
    return this.#blocks.length - 1;
  }

  /** The local that an operand is a copy of, counted from the top; -1 if it is none. */
  local(fromTop: number): number {
    const at = this.#locals.length - 1 - fromTop;
    return at < this.#blocks.at(-1)!.height ? -1 : this.#locals[at]!;
  }

  /** Takes note of an instruction. @param at where it begins */
  pass(op: number, bytes: Uint8Array, at: number): void {
    const immediate = new BinaryReader(bytes, at + 1);
    if (op === OP.block || op === OP.loop || op === OP.if) this.#open(op, bytes[at + 1]!);
    else if (op === OP.else) this.#locals.length = this.#blocks.at(-1)!.height;
    else if (op === OP.end) this.#close();
    else {
      this.#apply(this.#effectOf(op, immediate));
      if (op === OP.localGet) this.#locals[this.#locals.length - 1] = immediate.u32();
      else if (op === OP.localSet || op === OP.localTee) this.#forget(immediate.u32());
      if (LEAVES.has(op)) this.#locals.length = this.#blocks.at(-1)!.height;
    }
  }

  #effectOf(op: number, immediate: BinaryReader): Effect {
    if (op === OP.call) return this.#signatures.ofFunction(immediate.u32());
    if (op === OP.callIndirect) {
      const [takes, leaves] = this.#signatures.ofType(immediate.u32());
      return [takes + 1, leaves];
    }
    if (op === OP.prefix) return isBulkWrite(immediate.u32()) ? [3, 0] : [1, 1];
    return EFFECT_OF.get(op) ?? [0, 0]; // a branch, which leaves
  }

  #apply([takes, leaves]: Effect): void {
    const { height } = this.#blocks.at(-1)!;
    // after a branch there may be fewer
    this.#locals.length = Math.max(height, this.#locals.length - takes);
    for (let i = 0; i < leaves; i++) this.#locals.push(-1);
  }

  /** What is a copy of a local stays what it was when the local changes. */
  #forget(local: number): void {
    for (const [i, each] of this.#locals.entries()) if (each === local) this.#locals[i] = -1;
  }

  #open(op: number, type: number): void {
    if (op === OP.if) this.#apply([1, 0]);
    if (type !== NO_RESULT && type < 0x40) throw new Error('Cannot instrument: a block with more than one result');
    this.#blocks.push({ height: this.#locals.length, results: type === NO_RESULT ? 0 : 1 });
  }

  #close(): void {
    const { height, results } = this.#blocks.pop()!;
    if (this.#blocks.length === 0) return; // of the function
    this.#locals.length = height;
    this.#apply([0, results]);
  }
}
