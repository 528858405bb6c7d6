/**
 * What ends a request before its time, the deadline or the end of its call, told to whatever is at
 * work for it.
 */
export class Interruption {
  #error: Error | undefined;
  #onError: (error: Error) => void = () => {};

  /** Tells that it is over. Only the first time counts. */
  interrupt(error: Error): void {
    if (this.#error) return;
    this.#error = error;
    this.#onError(error);
  }

  /** Hears of it from now on, at once if it is past, in place of whoever did before. */
  listen(onError: (error: Error) => void): void {
    this.#onError = onError;
    if (this.#error) onError(this.#error);
  }
}
