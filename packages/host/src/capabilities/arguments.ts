import { check, explain, formatProblem } from '@sandglass/core';

import type { Capability } from './define.js';
import { CapabilityError, typeError } from './error.js';
import { Expansion } from './expansion.js';

/** Characters of all texts of one call's arguments. */
const MAX_TEXT = 16_777_216;

/**
 * Checks the arguments of one capability call by the capability's schema.
 *
 * @throws {CapabilityError} a TypeError in the schema's words; `E_QUOTA` for more values than it
 *   takes, or 16 MiB of text.
 */
export function parseArgs(capability: Capability, given: readonly unknown[]): readonly unknown[] {
  const { name, args, parameters, maxArgumentValues } = capability;
  if (maxArgumentValues !== Number.POSITIVE_INFINITY) assertSmall(name, given, maxArgumentValues);
  const all: unknown[] = [];
  for (let index = 0; index < parameters; index++) all.push(given[index]);
  const parsed = check(args, all, true);
  if (parsed.success) return parsed.data;
  const own = parsed.error.issues[0]?.message;
  if (own) throw typeError(own);
  const [problem] = explain(parsed.error, args, given);
  throw typeError(`Invalid arguments of "${name}": ${problem ? formatProblem(problem, 'they') : 'not as expected'}`);
}

/**
 * Refuses arguments that are too much for a schema or a handler. Both walk all values: a shared one
 * wherever it occurs, a circular one until the stack ends.
 */
function assertSmall(name: string, args: readonly unknown[], maxValues: number): void {
  const expansion = new Expansion(
    { maxValues, maxBytes: MAX_TEXT },
    (what) => new CapabilityError('E_QUOTA', `Arguments of "${name}" are too large: ${what}`),
  );
  const countLeaf = (value: unknown, depth: number): void => {
    if (typeof value === 'string') expansion.count(0, value.length);
    else if (value instanceof Map || value instanceof Set) {
      expansion.count(value.size);
      for (const entry of value) expansion.add(entry, countLeaf, depth + 1);
    }
  };
  expansion.add(args, countLeaf);
}
