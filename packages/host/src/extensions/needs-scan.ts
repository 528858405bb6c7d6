/**
 * What a source has to be scanned for, told from its text at the price of a search. Most sources are not.
 */

/** A NUL as it may stand in a string literal: itself, `\0`, `\x00`, `\u0000`, `\u{0}`. */
const WRITTEN_NUL = /\0|\\(?:0|x00|u0000|u\{0+\})/;

/** Whether a text may hold a specifier with a NUL in it. */
export function mayHoldNul(source: string): boolean {
  return WRITTEN_NUL.test(source);
}

/** Whether a source may hold a `yield` in the iterable of a for-of, which `rewriteForOfYield` moves. */
export function mayHoldForOfYield(source: string): boolean {
  return source.includes('yield') && /\bfor\b/.test(source) && /\bof\b/.test(source);
}
