import { SandglassError } from '@sandglass/core';

import { toMatchedPath } from './request-target.js';
import { has, type Positions, runOver, type Sequence, stepOver } from './sequence.js';

/** Longest path a route may have. */
const MAX_PATTERN_LENGTH = 512;
/** Wildcards of one path. */
const MAX_WILDCARDS = 32;

/**
 * Operators of regular expressions: in Directus they would run on the host (docs/contract.md §5).
 */
const REFUSED = /[()[\]{}|\\^+$]/;

/** A path in the form of {@link toMatchedPath}. */
export type Path = Sequence<string>;

/**
 * One step of a pattern: moves the positions where it can begin to those where it can end. False if
 * none is left.
 */
type Step = (positions: Positions, path: Path) => boolean;

/** A route's path, parsed. */
export interface RoutePattern {
  /**
   * The path, in the form that paths are matched in and without a slash at its end, if it has no
   * wildcard and no optional part; else null.
   */
  text: string | null;
  /** Its share of {@link MAX_ROUTE_COST}. */
  cost: number;
  matches(path: Path): boolean;
}

/**
 * What the patterns with wildcards of one extension may cost together, in characters: some 200
 * routes. The worst there are, and the longest path that is matched, take a request 1 ms.
 */
export const MAX_ROUTE_COST = 4_096;

/**
 * Parses the path of a route: static text, `:param`, `*` anywhere, `?` after a parameter or a
 * character.
 *
 * @throws {SandglassError} `E_LOAD` for an operator of a regular expression, a path that is too
 *   long, or too many wildcards.
 */
export function parseRoutePattern(path: string): RoutePattern {
  assertRoutePath(path);
  const lower = toMatchedPath(path);
  const own = lower.length > 1 && lower.endsWith('/') ? lower.slice(0, -1) : lower;
  const [prefix = ''] = /^(?:(?!\/?:\w)[^*?](?!\?))*/.exec(own) ?? [];
  const steps = parseSteps(own.slice(prefix.length));
  if (steps.length > 0) {
    return { text: null, cost: path.length, matches: (candidate) => matchSteps(prefix, steps, candidate) };
  }
  const text = prefix || '/';
  return { text, cost: 0, matches: ({ items }) => items === text || (text !== '/' && items === `${text}/`) };
}

function assertRoutePath(path: string): void {
  if (path.length > MAX_PATTERN_LENGTH)
    throw new SandglassError(
      'E_LOAD',
      `Route path is too long: ${path.length} characters, at most ${MAX_PATTERN_LENGTH} are allowed`,
    );
  const wildcards = path.split('*').length - 1;
  if (wildcards > MAX_WILDCARDS)
    throw new SandglassError(
      'E_LOAD',
      `Route path "${path}" has ${wildcards} wildcards, at most ${MAX_WILDCARDS} are allowed`,
    );
  const refused = REFUSED.exec(path);
  if (refused)
    throw new SandglassError(
      'E_LOAD',
      `Route path "${path}" cannot hold "${refused[0]}": regular expressions are not supported`,
    );
}

/** The slash before a parameter goes with it, so that `/:id?` matches nothing or both. */
function parseSteps(path: string): Step[] {
  return Array.from(path.matchAll(/(\/)?:\w+\??|\*\??|[^*?]\?|[^?]/gsu), ([part, slash]) => {
    if (part.startsWith('*')) return any;
    const isOptional = part.length > 1 && part.endsWith('?');
    const isParameter = /^\/?:\w/.test(part);
    const step = isParameter ? (slash === undefined ? parameter : slashAndParameter) : text(part.replace(/\?$/, ''));
    return isOptional ? optional(step) : step;
  });
}

const any: Step = (positions, path) => {
  path.extend(positions);
  return true;
};

/** One character or more, none of them a slash. */
const parameter: Step = (positions, path) => runOver(positions, path.findOther('/'));
const slash: Step = text('/');
const slashAndParameter: Step = (positions, path) => slash(positions, path) && parameter(positions, path);

function text(character: string): Step {
  return (positions, path) => stepOver(positions, path.find(character));
}

function optional(step: Step): Step {
  return (positions, path) => {
    const before = positions.slice();
    step(positions, path);
    before.forEach((word, i) => (positions[i]! |= word));
    return true;
  };
}

function matchSteps(prefix: string, steps: readonly Step[], path: Path): boolean {
  if (!path.items.startsWith(prefix)) return false;
  const positions = path.begin(prefix.length);
  for (const step of steps) if (!step(positions, path)) return false;
  return path.hasEnd(positions) || (path.items.endsWith('/') && has(positions, path.items.length - 1));
}
