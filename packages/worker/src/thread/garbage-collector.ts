import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Time between two collections of a thread: one takes 5 to 15 ms beside what it frees, which is half a millisecond for each megabyte.
 */
const EVERY_MS = 50;

/**
 * V8 frees the memory of an instance when it collects garbage, and a thread that runs guests makes so little garbage of its own that this can take for ever.
 * Runtimes without this flag collect in their own time.
 *
 * @param everyMs after a collection, calls do nothing for so long.
 */
export function garbageCollector(everyMs: number = EVERY_MS): () => void {
  let collect: (() => void) | undefined;
  let notBeforeMs = 0;
  return () => {
    if (performance.now() < notBeforeMs) return;
    collect ??= findCollector();
    collect();
    notBeforeMs = performance.now() + everyMs;
  };
}

function findCollector(): () => void {
  try {
    setFlagsFromString('--expose-gc');
    const found: unknown = runInNewContext('gc');
    setFlagsFromString('--no-expose-gc');
    return found as () => void; // V8's own
  } catch {
    return () => {};
  }
}
