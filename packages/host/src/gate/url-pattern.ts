import { SandglassError } from '@sandglass/core';
import { isIP } from 'node:net';

import { effectivePort, encodeRest, findAmbiguity, isPlainHost, parseUrl } from './canonical-url.js';
import { type Glob, compileGlob, matchGlob } from './glob.js';
import { isStableHost } from './international-host.js';
import { hasTraversal } from './traversal.js';

/** Longest pattern, in characters. */
export const MAX_PATTERN_LENGTH = 2_048;

/** A URL pattern of a `request` scope (docs/contract.md §7), ready to match. */
export interface UrlPattern {
  /** As the manifest has it. */
  text: string;
  scheme: 'http:' | 'https:' | 'any';
  /** `below`: any name that ends in `.name`, at any depth. */
  host: { kind: 'any' } | { kind: 'exact' | 'below'; name: string };
  /** `default`: the scheme's. */
  port: number | 'default' | 'any';
  path: Glob;
  /** `none`: covers a URL without a query only. */
  query: Glob | 'any' | 'none';
  /**
   * Whether the path says more than "any". Then a path that a server might read as climbing is
   * refused.
   */
  restricted: boolean;
}

const ANY_PATH = '/*';

/** scheme, authority, path, query, fragment (RFC 3986 appendix B, narrowed). */
const PARTS = /^([a-z][a-z0-9+.-]*|\*+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/i;

/**
 * Reads a URL pattern: scheme, host, port, path and query, in which `*` is the only metacharacter
 * and never crosses from one of them into the next.
 *
 * @throws {SandglassError} `E_MANIFEST`, naming the pattern and the reason.
 */
export function parseUrlPattern(text: string): UrlPattern {
  if (text.length > MAX_PATTERN_LENGTH)
    throw invalid(`${text.slice(0, 64)}…`, `longer than ${MAX_PATTERN_LENGTH} characters`);
  const ambiguity = findAmbiguity(text);
  if (ambiguity !== undefined) throw invalid(text, ambiguity);
  const parts = PARTS.exec(/^\*+$/.test(text) ? '*://*' : text);
  if (!parts) throw invalid(text, 'it does not begin with http://, https:// or *://');
  const [, scheme = '', authority = '', rawPath = '', rawQuery, fragment] = parts;
  if (fragment !== undefined) throw invalid(text, 'a fragment is never sent');
  const { host, port, glued } = parseAuthority(text, authority, rawPath === '' && rawQuery === undefined);
  const location = parseLocation(text, glued ? ANY_PATH : rawPath, rawQuery);
  return { text, scheme: parseScheme(text, scheme), host, port, ...location };
}

/** Path and query of a URL as patterns are matched with them, made once for all patterns. */
export interface MatchTarget {
  path: string;
  /** With its `?`; empty without a query. */
  search: string;
}

export function toTarget(url: URL): MatchTarget {
  return { path: foldEscapes(url.pathname), search: foldEscapes(url.search) };
}

/**
 * Whether a pattern covers a URL of `parseCanonicalUrl`. Percent-escapes compare without case, as
 * they mean the same (RFC 3986 §6.2.2.1).
 */
export function matchUrlPattern(pattern: UrlPattern, url: URL, { path, search }: MatchTarget = toTarget(url)): boolean {
  if (pattern.scheme !== 'any' && pattern.scheme !== url.protocol) return false;
  if (!matchHost(pattern.host, url.hostname) || !matchPort(pattern.port, url)) return false;
  return matchQuery(pattern.query, search) && matchGlob(pattern.path, path);
}

/** Writes the digits of percent-escapes in upper case. */
function foldEscapes(text: string): string {
  return text.includes('%') ? text.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase()) : text;
}

function parseScheme(text: string, scheme: string): UrlPattern['scheme'] {
  const lower = scheme.toLowerCase();
  if (lower.startsWith('*')) return 'any';
  if (lower !== 'http' && lower !== 'https') throw invalid(text, 'its scheme is neither http, https nor *');
  return `${lower}:`;
}

function parseAuthority(
  text: string,
  authority: string,
  atEnd: boolean,
): { host: UrlPattern['host']; port: UrlPattern['port']; glued: boolean } {
  if (authority === '') throw invalid(text, 'it has no host');
  if (authority.includes('@')) throw invalid(text, 'it has credentials');
  if (/\s/.test(authority)) throw invalid(text, 'its host has whitespace');
  const [, rawHost = '', rawPort] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(authority) ?? [];
  if (/^\*+$/.test(rawHost)) {
    return { host: { kind: 'any' }, port: parsePort(text, rawPort, 'any'), glued: atEnd && rawPort === undefined };
  }
  const glued = atEnd && rawPort === undefined && rawHost.endsWith('*');
  const host = parseHost(text, glued ? rawHost.replace(/\*+$/, '') : rawHost);
  return { host, port: parsePort(text, rawPort, 'default'), glued };
}

function parseHost(text: string, rawHost: string): UrlPattern['host'] {
  const below = /^\*+\./.exec(rawHost);
  const name = below ? rawHost.slice(below[0].length) : rawHost;
  if (name.includes('*')) throw invalid(text, 'in a host, * stands alone or as *. before a name');
  const hostname = parseUrl(`http://${name}/`)?.hostname ?? '';
  if (!isPlainHost(hostname) || /\p{Cf}/u.test(name) || !isStableHost(name, hostname))
    throw invalid(text, 'its host is not a name or an address');
  if (below && (hostname.startsWith('[') || isIP(hostname) !== 0))
    throw invalid(text, 'there is nothing below an address');
  return { kind: below ? 'below' : 'exact', name: hostname };
}

function parsePort(text: string, rawPort: string | undefined, byDefault: 'default' | 'any'): UrlPattern['port'] {
  if (rawPort === undefined) return byDefault;
  if (/^\*+$/.test(rawPort)) return 'any';
  const port = /^\d{1,5}$/.test(rawPort) ? Number(rawPort) : 0;
  if (port < 1 || port > 65_535) throw invalid(text, 'its port is neither 1 to 65535 nor *');
  return port;
}

/** Brings path and query into the form that a parsed URL has. The parser leaves `*` alone. */
function parseLocation(
  text: string,
  rawPath: string,
  rawQuery: string | undefined,
): Pick<UrlPattern, 'path' | 'query' | 'restricted'> {
  const url = new URL(`http://host${rawPath}${rawQuery === undefined ? '' : `?${rawQuery}`}`);
  encodeRest(url);
  const path = foldEscapes(url.pathname.replace(/\*+/g, '*'));
  if (countStars(path) !== countStars(rawPath.replace(/\*+/g, '*'))) throw invalid(text, 'a .. segment takes a * away');
  const restricted = path !== ANY_PATH;
  if (restricted && hasTraversal(path)) throw invalid(text, 'its path has an encoded .. segment');
  const query =
    rawQuery === undefined ? (path.endsWith('*') ? 'any' : 'none') : compileGlob(foldEscapes(url.search.slice(1)));
  return { path: compileGlob(path), query, restricted };
}

function countStars(text: string): number {
  return text.split('*').length;
}

function matchHost(host: UrlPattern['host'], hostname: string): boolean {
  if (host.kind === 'any') return true;
  return host.kind === 'exact' ? hostname === host.name : hostname.endsWith(`.${host.name}`);
}

function matchPort(port: UrlPattern['port'], url: URL): boolean {
  if (port === 'any') return true;
  return port === 'default' ? url.port === '' : port === effectivePort(url);
}

function matchQuery(query: UrlPattern['query'], search: string): boolean {
  if (query === 'any') return true;
  return query === 'none' ? search === '' : matchGlob(query, search.slice(1));
}

function invalid(pattern: string, reason: string): SandglassError {
  return new SandglassError('E_MANIFEST', `Invalid URL pattern "${pattern}": ${reason}`);
}
