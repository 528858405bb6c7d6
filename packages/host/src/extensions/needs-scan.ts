/** Tells by a search of the text whether a source has to be scanned. Most do not. */

/** A NUL as it may stand in a string literal: itself, `\0`, `\x00`, `\u0000`, `\u{0}`. */
const WRITTEN_NUL = /\0|\\(?:0|x00|u0000|u\{0+\})/;

/** Whether a text may hold a specifier with a NUL in it. */
export function mayHoldNul(source: string): boolean {
  return WRITTEN_NUL.test(source);
}

/**
 * Whether a source may hold a loop that `rewriteForOfYield` changes: one with a `yield` in its
 * iterable, or a `for await`.
 */
export function mayHoldForOfYield(source: string): boolean {
  if (!/\bof\b/.test(source)) return false;
  return (source.includes('yield') && /\bfor\b/.test(source)) || /\bfor\s+await\b/.test(source);
}
