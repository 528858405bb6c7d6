const COMMENT = /^\/\/[#@] ?sourceMappingURL=(\S+)\s*$/;

/**
 * The URL in the last `//# sourceMappingURL=` comment of a source, which must be its last line but blank ones.
 *
 * @returns null if there is none.
 */
export function findSourceMapUrl(source: string): string | null {
  const trimmed = source.trimEnd();
  const line = trimmed.slice(trimmed.lastIndexOf('\n') + 1);
  const start = Math.max(line.lastIndexOf('//# sourceMappingURL='), line.lastIndexOf('//@ sourceMappingURL='));
  return start === -1 ? null : (COMMENT.exec(line.slice(start))?.[1] ?? null);
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
