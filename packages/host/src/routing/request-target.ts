/** The parts of a request's URL that routing needs. */
export interface RequestTarget {
  path: string;
  /** With its question mark; empty if there is none, or nothing after it. */
  search: string;
}

/**
 * Splits the URL of a request. A `Request` holds it serialised already, so that it need not be
 * parsed again, which takes longer than finding a route.
 *
 * @param url `request.url`: absolute, and with a path.
 */
export function splitTarget(url: string): RequestTarget {
  const begin = url.indexOf('/', url.indexOf('://') + 3);
  const hash = url.indexOf('#', begin);
  const end = hash === -1 ? url.length : hash;
  const mark = url.indexOf('?', begin);
  if (mark === -1 || mark > end) return { path: url.slice(begin, end), search: '' };
  return { path: url.slice(begin, mark), search: end === mark + 1 ? '' : url.slice(mark, end) };
}

/**
 * Percent-escapes of ASCII; which of them stand for the character itself says {@link UNRESERVED}.
 */
const ESCAPE = /%[2-7][\da-f]/gi;
/**
 * RFC 3986 §6.2.2.2: an escape of these is the same as the character. `@` is that of a scope, which
 * clients escape too.
 */
const UNRESERVED = /[\w.~@-]/;

/**
 * The one form of a path that names and routes are compared in: without case, and without escapes
 * where they mean nothing. It has as many slashes as the path. Dot segments are gone from a
 * `Request` already, those with escapes too.
 *
 * @param path of a serialised URL: ASCII.
 */
export function toMatchedPath(path: string): string {
  const plain = path.includes('%') ? path.replace(ESCAPE, unescapeUnreserved) : path;
  return plain.toLowerCase();
}

function unescapeUnreserved(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return UNRESERVED.test(character) ? character : escape;
}

/**
 * A backslash, which is a slash to a URL parser, what such a parser drops, and dot segments,
 * escaped or not.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const AMBIGUOUS = /[\x00-\x20\x7f\\]|(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * Whether the target of a request line means the same path to all that read it: a proxy that
 * forbids a path compares the text, and a URL parser resolves dot segments.
 *
 * @param target in origin form, or absolute; for `OPTIONS` also `*`.
 */
export function isPlainTarget(target: string): boolean {
  const end = target.search(/[?#]/);
  const path = end === -1 ? target : target.slice(0, end);
  return (path.startsWith('/') || /^https?:\/\/[^/]/i.test(path) || path === '*') && !AMBIGUOUS.test(path);
}
