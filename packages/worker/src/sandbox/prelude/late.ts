import { FROM_ASYNC } from './from-async.js';
import { LOCALE } from './locale.js';

/** A built-in that is a native function until a guest calls it. */
interface LateFunction {
  /** Where it is, from the global object. */
  path: string;
  /** Its property `length`. */
  length: number;
  /**
   * The source of what makes it, and others: a function that takes the prelude's tools and returns
   * functions by path, each of which is called with `this` first.
   */
  part: string;
}

/**
 * Built-ins that the engine lacks or has otherwise. Few guests call one, so that nothing of them is
 * in a sandbox before: the engine evaluates the part of one at its first call.
 */
export const LATE_FUNCTIONS: readonly LateFunction[] = [
  { path: 'Array.fromAsync', length: 1, part: FROM_ASYNC },
  { path: 'String.prototype.localeCompare', length: 1, part: LOCALE },
  { path: 'String.prototype.toLocaleUpperCase', length: 0, part: LOCALE },
  { path: 'String.prototype.toLocaleLowerCase', length: 0, part: LOCALE },
  { path: 'Number.prototype.toLocaleString', length: 0, part: LOCALE },
  { path: 'BigInt.prototype.toLocaleString', length: 0, part: LOCALE },
  { path: 'Date.prototype.toLocaleString', length: 0, part: LOCALE },
  { path: 'Date.prototype.toLocaleDateString', length: 0, part: LOCALE },
  { path: 'Date.prototype.toLocaleTimeString', length: 0, part: LOCALE },
];
