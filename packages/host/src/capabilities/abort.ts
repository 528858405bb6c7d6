/** Callbacks waiting for each signal. One listener serves them all: a call may have a thousand sleeps and requests. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Runs a callback once when a signal fires; at once if it has fired. The callback must not throw.
 *
 * @returns takes the callback back, in constant time.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const callbacks = waiting.get(signal) ?? listen(signal);
  const entry = (): void => callback(); // its own identity: the same callback may wait twice
  callbacks.add(entry);
  return () => callbacks.delete(entry);
}

function listen(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  waiting.set(signal, callbacks);
  signal.addEventListener('abort', () => callbacks.forEach((callback) => callback()), { once: true });
  return callbacks;
}
