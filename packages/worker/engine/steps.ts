import { NO_RESULT, OP } from './opcodes.js';
import type { BinaryWriter } from './wasm-binary.js';

const ALIGNED_WORD = 2;
/** Of a JSValue in a 32-bit build. */
const TAG_OFFSET = 4;

/** Instructions that often occur together, in the functions that the build adds. */
export class Steps {
  readonly #out: BinaryWriter;

  constructor(out: BinaryWriter) {
    this.#out = out;
  }

  get(...locals: number[]): void {
    for (const local of locals) this.#out.raw(OP.localGet, local);
  }

  set(local: number): void {
    this.#out.raw(OP.localSet, local);
  }

  call(index: number): void {
    this.#out.local(OP.call, index);
  }

  /**
   * Calls a function of the guest with the one argument that the frame has.
   *
   * @param locals context, function, `this`
   * @param frame its first word is the list of arguments
   * @param call the index of `QTS_Call`
   */
  callGuest(locals: readonly number[], frame: number, call: number): void {
    this.get(...locals);
    this.#out.constant(1);
    this.get(frame);
    this.call(call);
  }

  load(offset: number): void {
    this.#out.raw(OP.i32Load, ALIGNED_WORD, offset);
  }

  store(offset: number): void {
    this.#out.raw(OP.i32Store, ALIGNED_WORD, offset);
  }

  /** Loads the tag of the value that a local points to. */
  loadTag(value: number): void {
    this.get(value);
    this.load(TAG_OFFSET);
  }

  /** Whether a local is 0, or points to an exception. @param tag the local with their tag */
  isFailure(value: number, tag: number): void {
    this.get(value);
    this.#out.raw(OP.i32Eqz);
    this.loadTag(value);
    this.get(tag);
    this.#out.raw(OP.i32Eq, OP.i32Or);
  }

  /** What `write` writes is done if the word on the stack is not 0. */
  when(write: () => void): void {
    this.#out.raw(OP.if, NO_RESULT);
    write();
    this.#out.raw(OP.end);
  }

  /** Returns what `write` puts on the stack if the word there is not 0. */
  returnIf(write: () => void): void {
    this.when(() => {
      write();
      this.#out.raw(OP.return);
    });
  }
}
