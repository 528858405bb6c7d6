import { QUESTION_BYTES } from './additions.js';
import { markWritten, type CardMemory } from './memory/cards.js';

/*
 * What the engine asks about numbers: see `engine/mend.ts`. V8 and its like print and read them as
 * ECMAScript says, the shortest text that means a number and the number that is nearest to a text.
 */

/** An instance's memory as it is now. */
interface Memory extends CardMemory {
  readonly words: Uint32Array;
  readonly view: DataView;
}

const DECIMAL = 10;
/** Of the flags, what says whether an exponent is written, and its value for always. */
const EXPONENT_MASK = 12;
const EXPONENT_ALWAYS = 4;

const latin1: TextDecoder = new TextDecoder('latin1');

/** Writes the text of the number that the question at an address has, with a closing NUL. */
export function printNumber(memory: Memory, at: number): void {
  const { bytes, view, words } = memory;
  const number = view.getFloat64(at + QUESTION_BYTES.number, true);
  const flags = words[(at + QUESTION_BYTES.flags) >> 2]!;
  const isExponential = (flags & EXPONENT_MASK) === EXPONENT_ALWAYS;
  const text = isExponential ? number.toExponential() : number.toString(words[(at + QUESTION_BYTES.radix) >> 2]);
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  bytes[at + text.length] = 0;
  markWritten(memory, at, text.length + 1);
}

/** Reads a decimal text that is longer than the engine reads. Others it reads to their end. */
export function parseNumber(memory: Memory, at: number): void {
  const { bytes, view, words } = memory;
  const start = words[(at + QUESTION_BYTES.text) >> 2]!;
  const text = latin1.decode(bytes.subarray(start, words[(at + QUESTION_BYTES.end) >> 2]));
  const radix = words[(at + QUESTION_BYTES.radix) >> 2]!;
  const hasPrefix = radix !== DECIMAL && /^[+-]?0[\dxob]/i.test(text);
  if (hasPrefix || (radix !== 0 && radix !== DECIMAL)) return;
  const number = Number(text.replaceAll('_', ''));
  if (Number.isNaN(number)) return;
  view.setFloat64(at + QUESTION_BYTES.number, number, true);
  markWritten(memory, at, 8);
}
