/**
 * Time between two collections of a thread: one takes 5 to 15 ms beside what it frees, which is
 * half a millisecond for each megabyte.
 */
const EVERY_MS = 50;

/**
 * Makes a function that collects garbage. V8 frees the memory of an instance in no other way, and a
 * thread that runs guests makes so little garbage of its own that V8 would seldom collect. On
 * runtimes without a way to ask, the function does nothing.
 *
 * @param everyMs least time between two collections; a call before that does nothing.
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
    const { setFlagsFromString } = process.getBuiltinModule('node:v8');
    setFlagsFromString('--expose-gc');
    const found: unknown = process.getBuiltinModule('node:vm').runInNewContext('gc');
    setFlagsFromString('--no-expose-gc');
    return found as () => void; // V8's own
  } catch {
    return () => {};
  }
}
