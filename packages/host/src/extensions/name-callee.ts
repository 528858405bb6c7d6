import type { ExtensionWire } from '@sandglass/core';

import { offsetIn } from './line-index.js';

/** The position of the innermost frame of a stack, if it lies in a file. */
export function firstPosition(stack: string, filename: string): { line: number; column: number } | undefined {
  const [first = ''] = stack.split('\n', 1);
  const [, file, line, column] = /\(([^\s(]+):(\d+):(\d+)\)$/.exec(first) ?? [];
  return file === filename ? { line: Number(line), column: Number(column) } : undefined;
}

/** Characters of a callee that are shown. */
const MAX_LENGTH = 100;

/**
 * A call whose value is returned: the engine's position is where the statement or the body of the
 * arrow function begins. What follows shows that it is the only call.
 */
const TAIL_CALL = /^(?:return\s+)?([a-z_$][\w$.]*)\([^()]*\)\s*[;,)}]/i;

/**
 * Functions that Directus gives to extensions outside of its sandbox only, and what sandboxed ones
 * get.
 */
const OUTSIDE = {
  hook: { absent: ['init', 'schedule', 'embed'], given: 'a sandboxed hook gets filter and action' },
  endpoint: {
    absent: ['use', 'all', 'head', 'options', 'param', 'route'],
    given: 'the router of a sandboxed endpoint has get, post, put, patch and delete',
  },
} as const;

/**
 * Names the value in "not a function", which the engine does not, by the text before the position
 * of the call.
 *
 * @param stack as the engine gave it, positions in the source that it runs.
 * @returns the message; undefined where the text does not show it.
 */
export function nameCallee(
  stack: string,
  { source, filename, type }: Pick<ExtensionWire, 'source' | 'filename' | 'type'>,
): string | undefined {
  const position = firstPosition(stack, filename);
  if (!position) return undefined;
  const end = offsetIn(source, position);
  const callee =
    source[end] === '('
      ? /[\w$][\w$.]*$/.exec(source.slice(Math.max(0, end - MAX_LENGTH), end))?.[0]
      : TAIL_CALL.exec(source.slice(end, end + 2 * MAX_LENGTH))?.[1];
  if (callee === undefined) return undefined;
  const { absent, given } = OUTSIDE[type as keyof typeof OUTSIDE] ?? { absent: [], given: '' };
  const isAbsent = (absent as readonly string[]).includes(callee.slice(callee.lastIndexOf('.') + 1));
  return `${callee} is not a function${isAbsent ? `: ${given}` : ''}`;
}
