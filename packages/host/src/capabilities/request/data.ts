/** Nesting of a JSON response. Deeper values exhaust the stack of whoever walks them. */
const MAX_JSON_DEPTH = 1_000;

const CHARACTER = {
  quote: 0x22,
  backslash: 0x5c,
  openBracket: 0x5b,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/**
 * The `data` of a response: parsed if it is JSON, whatever its content type, else the text. So is JSON that nests deeper
 * than 1,000 levels.
 */
export function parseData(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes); // drops a byte order mark
  if (!/^\s*[[{"\d-]|^\s*(?:true|false|null)\s*$/.test(text)) return text; // spares the exception
  if (isDeeperThan(text, MAX_JSON_DEPTH)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Counts brackets outside of strings. */
function isDeeperThan(text: string, maxDepth: number): boolean {
  if (text.length <= 2 * maxDepth) return false;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === CHARACTER.backslash) index++;
      else if (code === CHARACTER.quote) inString = false;
    } else if (code === CHARACTER.quote) inString = true;
    else if (code === CHARACTER.openBracket || code === CHARACTER.openBrace) depth++;
    else if (code === CHARACTER.closeBracket || code === CHARACTER.closeBrace) depth--;
    if (depth > maxDepth) return true;
  }
  return false;
}
