import { SandglassError } from '@sandglass/core';

import { toMatchedPath } from './request-target.js';

/** Longest path a route may have. */
const MAX_PATTERN_LENGTH = 1_024;

/** Operators of regular expressions: in Directus they would run on the host (CONTRACT §5). */
const REFUSED = /[()[\]{}|\\^]/;

/**
 * One step of a path: `text` as it is, `param` one character or more without a slash, `any` anything at all.
 * The slash before a parameter goes with it, so that `/:id?` matches nothing or both.
 */
type Token =
  | { kind: 'text'; text: string; optional: boolean }
  | { kind: 'param'; slash: boolean; optional: boolean }
  | { kind: 'any' };

/** A route's path, parsed. Matching takes tokens × length steps at the most: there is no backtracking. */
export interface RoutePattern {
  /** The path, in the form that paths are matched in and without a slash at its end, if it has no wildcard and no optional part; else null. */
  text: string | null;
  /** Its share of {@link MAX_ROUTE_COST}. */
  cost: number;
  /** @param path in the form of {@link toMatchedPath}. */
  matches(path: string): boolean;
}

/**
 * What the patterns with wildcards of one extension may cost together, in tokens and characters: some 200 routes.
 * The worst there are, and the longest path that is matched, keep a request in the router for 90 ms.
 */
export const MAX_ROUTE_COST = 4_096;

/**
 * Parses the path of a route: static text, `:param`, `*` anywhere, `?` after a parameter or a character.
 *
 * @throws {SandglassError} `E_LOAD` for a group or another operator of a regular expression, or a path that is too long.
 */
export function parseRoutePattern(path: string): RoutePattern {
  if (path.length > MAX_PATTERN_LENGTH) {
    throw new SandglassError(
      'E_LOAD',
      `Route path is too long: ${path.length} characters, at most ${MAX_PATTERN_LENGTH} are allowed`,
    );
  }
  const refused = REFUSED.exec(path);
  if (refused)
    throw new SandglassError(
      'E_LOAD',
      `Route path "${path}" cannot hold "${refused[0]}": regular expressions are not supported`,
    );
  const lower = toMatchedPath(path);
  const tokens = tokenize(lower.length > 1 && lower.endsWith('/') ? lower.slice(0, -1) : lower);
  const [first] = tokens;
  const text =
    tokens.length > 1 ? null : first === undefined ? '/' : first.kind === 'text' && !first.optional ? first.text : null;
  if (text !== null)
    return { text, cost: 0, matches: (candidate) => candidate === text || (text !== '/' && candidate === `${text}/`) };
  return { text, cost: tokens.length + path.length, matches: (candidate) => matchTokens(tokens, candidate) };
}

function tokenize(path: string): Token[] {
  const tokens: Token[] = [];
  for (const [part, slash, name] of path.matchAll(/(\/)?:(\w+)\??|\*\??|[^*?]\?|[^?]/gsu)) {
    const optional = part.length > 1 && part.endsWith('?');
    if (name !== undefined) tokens.push({ kind: 'param', slash: slash !== undefined, optional });
    else if (part.startsWith('*')) tokens.push({ kind: 'any' });
    else appendText(tokens, optional ? part.slice(0, -1) : part, optional);
  }
  return tokens;
}

function appendText(tokens: Token[], text: string, optional: boolean): void {
  const last = tokens.at(-1);
  if (!optional && last?.kind === 'text' && !last.optional) last.text += text;
  else tokens.push({ kind: 'text', text, optional });
}

/** Follows all positions that the tokens so far can end at, token by token. */
function matchTokens(tokens: readonly Token[], path: string): boolean {
  let ends = new Uint8Array(path.length + 1);
  ends[0] = 1;
  for (const token of tokens) {
    ends = advance(token, path, ends);
    if (!ends.includes(1)) return false;
  }
  return ends[path.length] === 1 || (path.endsWith('/') && ends[path.length - 1] === 1);
}

function advance(token: Token, path: string, from: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const to = token.kind !== 'any' && token.optional ? from.slice() : new Uint8Array(from.length);
  switch (token.kind) {
    case 'text':
      for (let i = from.indexOf(1); i !== -1; i = from.indexOf(1, i + 1)) {
        if (path.startsWith(token.text, i)) to[i + token.text.length] = 1;
      }
      return to;
    case 'param': {
      let isInside = false;
      const lead = token.slash ? 1 : 0;
      for (let i = Math.max(0, from.indexOf(1)) + lead; i < path.length; i++) {
        const starts = from[i - lead] === 1 && (lead === 0 || path[i - 1] === '/');
        isInside = (isInside || starts) && path[i] !== '/';
        if (isInside) to[i + 1] = 1;
      }
      return to;
    }
    case 'any': {
      const first = from.indexOf(1);
      return first === -1 ? to : to.fill(1, first);
    }
    default:
      return token satisfies never;
  }
}
