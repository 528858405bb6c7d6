import { SandglassError } from '@sandglass/core';

/** Longest event name that a hook may register. */
const MAX_EVENT_LENGTH = 256;

/**
 * Parses the event of a hook: names separated by dots, where `*` stands for one name and `**` for any number of them,
 * as in EventEmitter2. That library itself keeps names as keys of plain objects, where `__proto__` would lead out.
 *
 * @returns whether an event, split at its dots, is meant.
 * @throws {SandglassError} `E_LOAD` for an event that is too long.
 */
export function parseEventPattern(event: string): (names: readonly string[]) => boolean {
  if (event.length > MAX_EVENT_LENGTH) {
    throw new SandglassError(
      'E_LOAD',
      `Event name is too long: ${event.length} characters, at most ${MAX_EVENT_LENGTH} are allowed`,
    );
  }
  const pattern = event.split('.');
  return (names) => matches(pattern, names);
}

/** Follows all positions that the pattern so far can end at. */
function matches(pattern: readonly string[], names: readonly string[]): boolean {
  let ends = [0];
  for (const part of pattern) {
    if (part === '**') ends = range(ends[0]!, names.length);
    else ends = ends.filter((at) => at < names.length && (part === '*' || part === names[at])).map((at) => at + 1);
    if (ends.length === 0) return false;
  }
  return ends.at(-1) === names.length;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
