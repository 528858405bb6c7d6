const COMMENT = /^\s*\/\/[#@] ?sourceMappingURL=(\S+)\s*$/;
/** Lines that may follow, of comments: tools add theirs at the end. */
const MAX_LINES_AFTER = 20;

/**
 * The URL in the last `//# sourceMappingURL=` comment of a source. After it only blank lines and
 * line comments may come (ECMA-426 §11.1.2): behind it, code is not what the map is of.
 *
 * @returns null if there is none.
 */
export function findSourceMapUrl(source: string): string | null {
  let rest = source.trimEnd();
  for (let count = 0; count <= MAX_LINES_AFTER && rest !== ''; count++) {
    const start = rest.lastIndexOf('\n') + 1;
    const line = rest.slice(start);
    const at = Math.max(line.lastIndexOf('//# sourceMappingURL='), line.lastIndexOf('//@ sourceMappingURL='));
    if (at !== -1) return COMMENT.exec(line.slice(at))?.[1] ?? null;
    if (!line.trimStart().startsWith('//')) return null;
    rest = rest.slice(0, start).trimEnd();
  }
  return null;
}

/**
 * Decodes a source map given inline, as a `data:` URL with JSON in base64 or percent-encoding.
 *
 * @param maxLength characters of the URL; a longer one is not decoded.
 * @returns null for any other URL.
 * @throws {URIError} for broken percent-encoding, {RangeError} over `maxLength`.
 */
export function decodeDataUrl(url: string, maxLength: number): string | null {
  const comma = url.indexOf(',');
  if (!url.startsWith('data:') || comma === -1) return null;
  if (url.length > maxLength) throw new RangeError(`it has ${url.length} characters, at most ${maxLength} are read`);
  const body = url.slice(comma + 1);
  return url.slice(0, comma).endsWith(';base64')
    ? Buffer.from(body, 'base64').toString('utf8')
    : decodeURIComponent(body);
}
