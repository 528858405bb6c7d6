/**
 * C0, DEL, C1, what reorders or hides text, line separators, lone surrogates, and the language tags
 * of plane 14.
 */
const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Cs}\u{e0000}-\u{e007f}]+/gu;

/**
 * The escape of each unsafe character that has occurred, some 2,500 at the most. A guest may log a
 * million characters at once, so that each escape is made once.
 */
const escapes: Map<number, string> = new Map([
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
]);

/**
 * Makes a guest's text safe to print on one line of a terminal: escape sequences, line breaks and
 * direction overrides appear as `\x1b`, `\n`, `\u202e`.
 */
export function formatForTerminal(message: string): string {
  return message.replace(UNSAFE, escapeAll);
}

function escapeAll(characters: string): string {
  const escaped: string[] = []; // joined: half the time of adding them up
  for (let index = 0; index < characters.length; index++) {
    const code = characters.codePointAt(index)!; // in range
    if (code > 0xffff) index++; // its other half
    escaped.push(escapes.get(code) ?? escape(code));
  }
  return escaped.join('');
}

function escape(code: number): string {
  const hex = code.toString(16);
  const text =
    code <= 0xff ? `\\x${hex.padStart(2, '0')}` : code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
  escapes.set(code, text);
  return text;
}
