import { type RequestScope, SandglassError } from '@sandglass/core';

import { type CanonicalUrl, parseCanonicalUrl } from './canonical-url.js';
import { hasTraversal } from './traversal.js';
import { type UrlPattern, matchUrlPattern, parseUrlPattern, toTarget } from './url-pattern.js';

/**
 * Patterns of one scope, and their characters in all. They bound what the beginnings and ends of
 * patterns cost.
 */
export const MAX_PATTERNS = 256;
export const MAX_PATTERN_CHARACTERS = 65_536;

/**
 * Patterns with text between two stars. Each may read the whole URL: 16 of them read the longest
 * one in about a millisecond (`pnpm bench --only gate-decision`).
 */
export const MAX_SEARCHING_PATTERNS = 16;

/** A `request` scope, ready to decide. */
export interface RequestGate {
  /**
   * Decides about a URL as the guest gave it. The URL that comes back is the one to send, never the
   * raw text again.
   */
  matchUrl(rawUrl: string): CanonicalUrl;
  /** Compares with case. */
  allowsMethod(method: string): boolean;
}

/**
 * Compiles a scope once, for all its decisions.
 *
 * @throws {SandglassError} `E_MANIFEST`: a pattern is invalid, or there are too many.
 */
export function compileRequestScope(scope: RequestScope): RequestGate {
  const characters = scope.urls.reduce((sum, text) => sum + text.length, 0);
  assertAtMost(MAX_PATTERNS, scope.urls.length, 'URL patterns');
  assertAtMost(MAX_PATTERN_CHARACTERS, characters, 'characters of URL patterns');
  const patterns = scope.urls.map(parseUrlPattern);
  assertAtMost(MAX_SEARCHING_PATTERNS, patterns.filter(isSearching).length, 'URL patterns with text between two stars');
  const methods: ReadonlySet<string> = new Set(scope.methods);
  return {
    matchUrl: (rawUrl) => decide(patterns, rawUrl),
    allowsMethod: (method) => methods.has(method),
  };
}

function assertAtMost(max: number, count: number, what: string): void {
  if (count <= max) return;
  throw new SandglassError('E_MANIFEST', `Invalid request scope: ${count} ${what}, at most ${max} are allowed`);
}

function isSearching({ path, query }: UrlPattern): boolean {
  return path.middles.length > 0 || (typeof query === 'object' && query.middles.length > 0);
}

function decide(patterns: readonly UrlPattern[], rawUrl: string): CanonicalUrl {
  const parsed = parseCanonicalUrl(rawUrl);
  if (!parsed.ok) return parsed;
  const target = toTarget(parsed.url);
  let climbs: boolean | undefined;
  for (const pattern of patterns) {
    if (!matchUrlPattern(pattern, parsed.url, target)) continue;
    if (!pattern.restricted) return parsed;
    climbs ??= hasTraversal(target.path);
    if (!climbs) return parsed;
  }
  return { ok: false, reason: climbs === true ? 'its path has an encoded .. segment' : 'no URL pattern matches' };
}
