import { isStableHost } from './international-host.js';
import { BAD_PORTS } from './ports.js';

/** Longest URL that is looked at, in characters, as given and as it would be sent. */
export const MAX_URL_LENGTH = 8_192;

/**
 * A host as every URL parser reads it: dotted ASCII labels, none empty, or an IPv6 address in
 * brackets.
 */
const PLAIN_HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])$/;

/**
 * A `.` or `..` segment. Node 20 leaves some in a path: `https://x.com//.a/../b` keeps its `..`.
 */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** Characters that parsers may strip, everywhere or at the ends. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const STRIPPED = /[\x00-\x1f\x7f-\x9f]|^ | $/;

/**
 * Characters that a parsed URL still has in its path and query, and that servers refuse (RFC 3986
 * §2).
 */
const UNENCODED = /[\\^`{|}]/g;

/** Longest domain name (RFC 1035 §2.3.4). */
const MAX_HOST_LENGTH = 253;

export type CanonicalUrl = { ok: true; url: URL } | { ok: false; reason: string };

/**
 * Parses an http or https URL, once, after refusing whatever two parsers could read differently.
 *
 * The URL that comes back is the one to match and the one to send. It has no fragment.
 */
export function parseCanonicalUrl(rawUrl: string): CanonicalUrl {
  const reason =
    rawUrl.length > MAX_URL_LENGTH ? tooLong(rawUrl.length) : (findAmbiguity(rawUrl) ?? findUrlAmbiguity(rawUrl));
  if (reason !== undefined) return { ok: false, reason };
  const url = parseUrl(rawUrl);
  if (!url) return { ok: false, reason: 'it is not a URL' };
  if (rawUrl.includes('#')) url.hash = ''; // a setter parses the URL anew
  encodeRest(url);
  const unsafe = checkParsed(url, rawHostOf(rawUrl));
  return unsafe === undefined ? { ok: true, url } : { ok: false, reason: unsafe };
}

/**
 * Parses, or answers undefined. Not by way of `URL.canParse`: once optimised, Node 20's says no to
 * any Latin-1 letter.
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** The port that a URL connects to. */
export function effectivePort(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** Whether a host name or bracketed address, in ASCII form, reads the same everywhere. */
export function isPlainHost(hostname: string): boolean {
  return hostname.length <= MAX_HOST_LENGTH && PLAIN_HOST.test(hostname);
}

/**
 * Why a text means different things to different parsers, if it does. Serves URLs, patterns and
 * redirects alike.
 */
export function findAmbiguity(text: string): string | undefined {
  if (STRIPPED.test(text)) return 'it has a control character, or a space at an end';
  if (/^[^?#]*\\/.test(text)) return 'it has a backslash before its query';
  if (/\p{Surrogate}/u.test(text)) return 'it has half of a surrogate pair';
  return undefined;
}

/**
 * Percent-encodes what the parser leaves as it is, so that the URL to match is the URL that servers
 * take: braces, `|`, `^`, backticks, and a backslash in the query.
 */
export function encodeRest(url: URL): void {
  const { pathname, search } = url;
  if (pathname.search(UNENCODED) >= 0) url.pathname = pathname.replace(UNENCODED, percentEncode);
  if (search.search(UNENCODED) >= 0) url.search = search.replace(UNENCODED, percentEncode);
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function findUrlAmbiguity(rawUrl: string): string | undefined {
  const parts = /^https?:\/\/([^/?#]*)/i.exec(rawUrl);
  if (!parts) return 'it does not begin with http:// or https://';
  const authority = parts[1] ?? '';
  if (authority === '') return 'it has no host';
  if (authority.includes('@')) return 'it has credentials';
  if (/[\s\p{Cf}]/u.test(authority)) return 'its host has whitespace or an invisible character';
  return undefined;
}

function rawHostOf(rawUrl: string): string {
  return /^[^/]*\/\/([^/?#]*?)(?::\d*)?(?:[/?#]|$)/.exec(rawUrl)?.[1] ?? '';
}

function checkParsed(url: URL, rawHost: string): string | undefined {
  if (url.href.length > MAX_URL_LENGTH) return tooLong(url.href.length);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'it is neither http nor https';
  if (url.username !== '' || url.password !== '') return 'it has credentials';
  if (!isPlainHost(url.hostname)) return 'its host is not a plain name or address';
  if (!isStableHost(rawHost, url.hostname)) return 'its host means different names to different parsers';
  if (DOT_SEGMENT.test(url.pathname)) return 'its path keeps a dot segment';
  if (BAD_PORTS.has(effectivePort(url))) return `port ${effectivePort(url)} is refused`;
  return undefined;
}

function tooLong(length: number): string {
  return `it has ${length} characters, at most ${MAX_URL_LENGTH} are read`;
}
