/**
 * What a promise rejects with, awaited from now on: for one that may reject before the test gets to
 * it.
 */
export function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`Not rejected, but resolved with ${String(value)}`);
    },
    (reason: unknown) => reason,
  );
}
