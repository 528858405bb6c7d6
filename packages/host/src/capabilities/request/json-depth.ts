const BYTE = {
  quote: 0x22,
  backslash: 0x5c,
  openBracket: 0x5b,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/**
 * Whether JSON nests deeper than this. Counts brackets outside of strings: a byte takes about a
 * nanosecond.
 */
export function isDeeperThan(json: Buffer, maxDepth: number): boolean {
  if (json.length <= 2 * maxDepth) return false;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < json.length; index++) {
    const byte = json[index];
    if (inString) {
      if (byte === BYTE.backslash) index++;
      else if (byte === BYTE.quote) inString = false;
    } else if (byte === BYTE.quote) inString = true;
    else if (byte === BYTE.openBracket || byte === BYTE.openBrace) depth++;
    else if (byte === BYTE.closeBracket || byte === BYTE.closeBrace) depth--;
    if (depth > maxDepth) return true;
  }
  return false;
}
