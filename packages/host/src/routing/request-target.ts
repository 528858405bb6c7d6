/** The parts of a request's URL that routing needs. */
export interface RequestTarget {
  path: string;
  /** With its question mark; empty if there is none, or nothing after it. */
  search: string;
}

/**
 * Splits the URL of a request. A `Request` holds it serialised already, so that it need not be parsed again, which takes
 * longer than finding a route.
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
