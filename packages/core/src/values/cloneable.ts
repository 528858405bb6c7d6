import { SandglassError } from '../errors.js';
import { MAX_DEPTH } from './format.js';

/** The error for what no copy exists of. */
export function uncloneable(value: unknown, what: string = nameOf(value)): SandglassError {
  return new SandglassError('E_CLONE', `Cannot copy ${what} across the sandbox boundary`);
}

export function tooDeep(): SandglassError {
  return new SandglassError('E_CLONE', `Cannot copy a value nested more than ${MAX_DEPTH} deep`);
}

/** An array that is mostly holes costs its sender nothing and every later reader its length. */
export function tooSparse(length: number): SandglassError {
  return new SandglassError('E_CLONE', `Cannot copy an array with holes and a length of ${length}`);
}

/** A value of more parts than its reader takes. */
export function tooMany(maxValues: number): SandglassError {
  return new SandglassError('E_QUOTA', `Cannot copy a value of more than ${maxValues} parts`);
}

function nameOf(value: unknown): string {
  if (typeof value === 'function') return `function "${value.name}"`;
  if (typeof value === 'symbol') return value.toString();
  return Object.prototype.toString.call(value);
}
