import { SandglassError } from '@sandglass/core';

import { Sequence, stepOver } from './sequence.js';

/** Longest event that a hook may register, and that may happen. */
export const MAX_EVENT_LENGTH = 256;

/**
 * What the events with wildcards of one extension may cost together, in names: to find its
 * listeners takes 0.1 ms at the most.
 */
export const MAX_EVENT_COST = 2_048;

/** An event that happened, once as it is and once split at its dots. */
export interface HookEvent {
  name: string;
  names: Sequence<readonly string[]>;
}

/** The event of a hook, parsed. */
export interface EventPattern {
  /** Its share of {@link MAX_EVENT_COST}. */
  cost: number;
  matches(event: HookEvent): boolean;
}

/** @throws {RangeError} for an event that is too long. */
export function parseEvent(name: string): HookEvent {
  if (name.length > MAX_EVENT_LENGTH)
    throw new RangeError(`Event name is too long: ${name.length} characters, at most ${MAX_EVENT_LENGTH} are allowed`);
  return { name, names: new Sequence(name.split('.')) };
}

/**
 * Parses the event of a hook: names separated by dots, where `*` stands for one name and `**` for
 * any number of them, as in EventEmitter2. That library itself keeps names as keys of plain
 * objects, where `__proto__` would lead out.
 *
 * @throws {SandglassError} `E_LOAD` for an event that is too long.
 */
export function parseEventPattern(event: string): EventPattern {
  if (event.length > MAX_EVENT_LENGTH) {
    throw new SandglassError(
      'E_LOAD',
      `Event name is too long: ${event.length} characters, at most ${MAX_EVENT_LENGTH} are allowed`,
    );
  }
  if (!event.includes('*')) return { cost: 0, matches: ({ name }) => name === event };
  const pattern = event.split('.');
  return { cost: pattern.length, matches: ({ names }) => matchNames(pattern, names) };
}

function matchNames(pattern: readonly string[], names: HookEvent['names']): boolean {
  const positions = names.begin(0);
  for (const part of pattern) {
    if (part === '**') names.extend(positions);
    else if (!stepOver(positions, part === '*' ? names.findOther('.') : names.find(part))) return false;
  }
  return names.hasEnd(positions);
}
