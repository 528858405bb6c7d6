import { skipImmediates } from './instructions.js';
import { BinaryReader, type BinaryWriter } from './wasm-binary.js';

/** The body of a function while it is rewritten: it is copied, but for what is written by hand. */
export class Body {
  readonly code: BinaryReader;
  readonly out: BinaryWriter;
  /** Index of the first local that is added. */
  readonly firstAdded: number;
  #copied: number;

  constructor(code: BinaryReader, out: BinaryWriter, firstAdded: number) {
    this.code = code;
    this.out = out;
    this.firstAdded = firstAdded;
    this.#copied = code.at;
  }

  /** Copies all before an address; what is written now comes before the rest. */
  insertAt(at: number): void {
    this.out.copy(this.code.bytes, this.#copied, at);
    this.#copied = at;
  }

  /** Copies all before an address, and leaves out what is between it and where the reader is. */
  replaceFrom(at: number): void {
    this.insertAt(at);
    this.#copied = this.code.at;
  }

  /** Copies the rest. */
  close(): void {
    this.insertAt(this.code.bytes.length);
  }
}

/** Sees an instruction and where it begins; the reader is right after it. */
export type Visit = (op: number, at: number) => void;

export interface CodeRewrite {
  /** Number of the parameters of a function. */
  parametersOf: (index: number) => number;
  /** Types of locals that every function gets; those that it does not use cost nothing. */
  locals: readonly number[];
  /** Begins a function. @returns what sees its instructions */
  open: (body: Body) => Visit;
  /** Bodies of functions that follow. */
  added?: readonly Uint8Array[];
}

/** Rewrites a code section. */
export function rewriteCode(section: Uint8Array, out: BinaryWriter, rewrite: CodeRewrite): void {
  const { parametersOf, added = [] } = rewrite;
  const reader = new BinaryReader(section);
  const count = reader.u32();
  out.u32(count + added.length);
  for (let i = 0; i < count; i++) {
    const code = new BinaryReader(reader.slice(reader.u32()));
    out.block((body) => rewriteFunction(code, body, parametersOf(i), rewrite));
  }
  for (const each of added) out.block((body) => body.copy(each, 0, each.length));
}

function rewriteFunction(
  code: BinaryReader,
  out: BinaryWriter,
  parameters: number,
  { locals, open }: CodeRewrite,
): void {
  const groups = code.u32();
  const groupsAt = code.at;
  let firstAdded = parameters;
  for (let i = 0; i < groups; i++) {
    firstAdded += code.u32();
    code.byte();
  }
  out.u32(groups + locals.length);
  out.copy(code.bytes, groupsAt, code.at);
  for (const type of locals) out.raw(1, type);
  const body = new Body(code, out, firstAdded);
  const visit = open(body);
  while (code.at < code.bytes.length) {
    const { at } = code;
    const op = code.byte();
    skipImmediates(op, code);
    visit(op, at);
  }
  body.close();
}
