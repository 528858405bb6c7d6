import { OP } from './opcodes.js';
import { BinaryReader, BinaryWriter } from './wasm-binary.js';

/*
 * The parser of regular expressions reads an atom of a class and one outside with one function,
 * whose last argument says which. Where flag v reserves a character it asks for the flag alone; it
 * has to ask for both. ECMAScript 2024 §22.2.1, ClassSetReservedDoublePunctuator and
 * ClassSetSyntaxCharacter.
 */

/** What it says then: only that function has both. */
const MESSAGES = ['invalid character in class in regular', 'invalid class set operation in regular'];
const IS_IN_CLASS = 3;

/** `i32.load <the flag>, i32.eqz, br_if`: how far before its message that lies at most. */
const REACH = 28;
const MAX_OFFSET = 0x80;

/** Mends the one function that reads atoms. @throws {Error} if there is none. */
export function mendClassAtoms(bodies: Uint8Array[], data: BinaryReader): void {
  const constants = MESSAGES.map((text) => constantOf(findText(data, text)));
  const index = bodies.findIndex((body) => constants.every((each) => find(body, each) >= 0));
  const body = bodies[index];
  if (!body) throw notFound();
  const positions = constants.map((each) => findFlag(body, find(body, each))).sort((a, b) => a - b);
  const out = new BinaryWriter(body.length + 16);
  let copied = 0;
  for (const at of positions) {
    out.copy(body, copied, at);
    out.raw(OP.localGet, IS_IN_CLASS, OP.i32And);
    copied = at;
  }
  out.copy(body, copied, body.length);
  bodies[index] = out.done();
}

/** Right after the flag is loaded that guards a message. */
function findFlag(body: Uint8Array, message: number): number {
  for (let at = message; at > message - REACH; at--) {
    const [op, alignment, offset = MAX_OFFSET, next, branch] = body.subarray(at, at + 5);
    const isFlag = op === OP.i32Load && alignment === 2 && offset < MAX_OFFSET;
    if (isFlag && next === OP.i32Eqz && branch === OP.brIf) return at + 3;
  }
  throw notFound();
}

/** The address of a text in the data that a module begins with. */
function findText(data: BinaryReader, text: string): number {
  const wanted = new TextEncoder().encode(text);
  const reader = new BinaryReader(data.bytes);
  for (let left = reader.u32(); left > 0; left--) {
    reader.at += 2; // active, and i32.const
    const start = Number(reader.signed());
    reader.byte();
    const at = find(reader.slice(reader.u32()), wanted);
    if (at >= 0) return start + at;
  }
  throw notFound();
}

function constantOf(value: number): Uint8Array {
  const out = new BinaryWriter(8);
  out.constant(value);
  return out.done();
}

function find(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = bytes.indexOf(wanted[0]!); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1))
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}

function notFound(): Error {
  return new Error('Cannot use this build of QuickJS: its parser of regular expressions is not known');
}
