/** Text as the matcher reads it: a string, or anything that counts its reads. */
export interface Characters {
  readonly length: number;
  charCodeAt(index: number): number;
}

/** A literal between two stars, with the failure table of Knuth, Morris and Pratt. */
interface Needle {
  codes: Uint16Array;
  failure: Uint16Array;
}

/** A compiled pattern in which `*` stands for any characters, none included. */
export interface Glob {
  prefix: string;
  middles: readonly Needle[];
  /** Null without a star: then the text has to equal `prefix`. */
  suffix: string | null;
}

/** Compiles a pattern. `*` is its only metacharacter; a run of stars is one star. */
export function compileGlob(pattern: string): Glob {
  const [prefix = '', ...rest] = pattern.split(/\*+/);
  const suffix = rest.pop() ?? null;
  return { prefix, middles: rest.map(toNeedle), suffix };
}

/**
 * Whether a pattern covers a whole text.
 *
 * Reads each character a bounded number of times, whatever the pattern: every literal is taken at
 * its leftmost position, and none is ever tried again.
 */
export function matchGlob(glob: Glob, text: Characters): boolean {
  const { prefix, middles, suffix } = glob;
  if (suffix === null && text.length !== prefix.length) return false;
  if (!hasAt(text, 0, prefix)) return false;
  if (suffix === null) return true;
  const end = text.length - suffix.length;
  let from = prefix.length;
  for (const needle of middles) {
    from = findEnd(text, from, end, needle);
    if (from < 0) return false;
  }
  return from <= end && hasAt(text, end, suffix);
}

function hasAt(text: Characters, at: number, literal: string): boolean {
  if (at + literal.length > text.length) return false;
  for (let index = 0; index < literal.length; index++) {
    if (text.charCodeAt(at + index) !== literal.charCodeAt(index)) return false;
  }
  return true;
}

/**
 * Index behind the leftmost occurrence that begins at `from` or later and ends by `end`; -1 if
 * there is none.
 */
function findEnd(text: Characters, from: number, end: number, { codes, failure }: Needle): number {
  const { length } = codes;
  let matched = 0;
  for (let index = from; index < end; index++) {
    if (end - index < length - matched) return -1;
    const code = text.charCodeAt(index);
    while (matched > 0 && codes[matched] !== code) matched = failure[matched - 1] ?? 0;
    if (codes[matched] === code && ++matched === length) return index + 1;
  }
  return -1;
}

/**
 * Makes the failure table: for each prefix of the literal, the longest proper prefix that is also
 * its suffix.
 */
function toNeedle(literal: string): Needle {
  const codes = Uint16Array.from({ length: literal.length }, (_, index) => literal.charCodeAt(index));
  const failure = new Uint16Array(codes.length);
  let matched = 0;
  for (let index = 1; index < codes.length; index++) {
    while (matched > 0 && codes[matched] !== codes[index]) matched = failure[matched - 1] ?? 0;
    if (codes[matched] === codes[index]) matched++;
    failure[index] = matched;
  }
  return { codes, failure };
}
