import { setImmediate } from 'node:timers/promises';

import { type ScannedModule, Scanner } from './scanner.js';

/**
 * Characters that one turn of the event loop scans. They take 2 ms: see
 * docs/decisions/sources-are-scanned.md.
 */
const STEP = 128 * 1024;

/**
 * Looks through a module for what the engine cannot compile or would misread. It goes by tokens and
 * brackets, without a tree and without scopes: time is linear in the text, whatever it is, and
 * memory goes by the depth of its brackets. A module that cannot be parsed gives some answer; the
 * engine refuses it.
 *
 * Yields where another turn of the event loop may begin.
 */
export function* scanModule(source: string): Generator<undefined, ScannedModule> {
  const scanner = new Scanner(source);
  for (let due = STEP; scanner.step();) {
    if (scanner.position < due) continue;
    due = scanner.position + STEP;
    yield;
  }
  return scanner;
}

/** Runs {@link scanModule} to its end, over several turns of the event loop. */
export async function scan(source: string): Promise<ScannedModule> {
  const steps = scanModule(source);
  let step = steps.next();
  for (; !step.done; step = steps.next()) await setImmediate();
  return step.value;
}
