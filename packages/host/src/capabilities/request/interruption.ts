/**
 * Interrupts a request at its deadline or at the end of its call. Each step of the request listens
 * in its time.
 */
export class Interruption {
  #error: Error | undefined;
  #onError: (error: Error) => void = () => {};

  /** Interrupts the request. Only the first time counts. */
  interrupt(error: Error): void {
    if (this.#error) return;
    this.#error = error;
    this.#onError(error);
  }

  /**
   * Sets the listener, which replaces the one before. It is called at once if the request is
   * interrupted already.
   */
  listen(onError: (error: Error) => void): void {
    this.#onError = onError;
    if (this.#error) onError(this.#error);
  }
}
