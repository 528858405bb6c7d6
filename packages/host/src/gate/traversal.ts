const PERCENT = 0x25;

/**
 * Bytes that lenient servers read as `.`, `/` or `\` although UTF-8 forbids them, or after Unicode
 * normalisation.
 */
const LENIENT: readonly [RegExp, string][] = [
  [/\xc0\xae|\xe0\x80\xae|\xf0\x80\x80\xae|\xef\xbc\x8e|\xe2\x80\xa4/g, '.'],
  [/\xe2\x80\xa5/g, '..'],
  [/\xc0\xaf|\xe0\x80\xaf|\xf0\x80\x80\xaf|\xef\xbc\x8f/g, '/'],
  [/\xc1\x9c|\xef\xbc\xbc/g, '\\'],
];

/** `%uFF0E`, as IIS writes it. */
const IIS_ESCAPE = /%u([0-9a-f]{4})/gi;

/**
 * Whether a path could climb out of its folder on a server that decodes more than it should: a `..`
 * segment under any number of percent-encodings, overlong UTF-8, full-width forms, `\` for `/`,
 * control characters, or a `;parameter`.
 *
 * Call it on the path of a parsed URL, where plain dot segments are already resolved. Linear in the
 * path's length.
 */
export function hasTraversal(pathname: string): boolean {
  if (!pathname.includes('%') && !pathname.includes('..')) return false;
  let text = decodeFully(pathname).replace(IIS_ESCAPE, (_, hex: string) => utf8(Number.parseInt(hex, 16)));
  for (const [bytes, plain] of LENIENT) text = text.replace(bytes, plain);
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  const bare = text.replace(/[\x00-\x20\x7f]/g, '');
  return /(?:^|[/\\])\.\.(?:[/\\;?#]|$)/.test(bare);
}

/**
 * Percent-decodes ASCII until nothing is left to decode, in one pass: a decoded character may
 * complete the next escape.
 */
function decodeFully(text: string): string {
  const out = new Uint8Array(text.length);
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    out[length++] = text.charCodeAt(index);
    while (length >= 3 && out[length - 3] === PERCENT) {
      const high = hexDigit(out[length - 2] ?? 0);
      const low = hexDigit(out[length - 1] ?? 0);
      if (high < 0 || low < 0) break;
      length -= 3;
      out[length++] = high * 16 + low;
    }
  }
  return Buffer.from(out.buffer, 0, length).toString('latin1');
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** The UTF-8 bytes of a character, one per code unit. */
function utf8(codePoint: number): string {
  return Buffer.from(String.fromCodePoint(codePoint), 'utf8').toString('latin1');
}
