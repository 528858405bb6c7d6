/** A signal that fires with the first of two, until it is disposed of. */
export interface JoinedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Joins a signal with another that may live as long as the process. `AbortSignal.any` would leave
 * something behind in it with each call; this takes its listeners back.
 */
export function joinSignals(one: AbortSignal, other: AbortSignal): JoinedSignal {
  const controller = new AbortController();
  const sources = [one, other];
  const onAbort = (): void => controller.abort(sources.find(({ aborted }) => aborted)!.reason);
  for (const source of sources) source.addEventListener('abort', onAbort);
  if (one.aborted || other.aborted) onAbort();
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const source of sources) source.removeEventListener('abort', onAbort);
    },
  };
}
